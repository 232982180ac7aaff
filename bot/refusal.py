"""From which score on the bot answers, and what that rests on, in a sentence."""

from bot.finding import Finding
from core.floor import LEAST, Floor


def refusal(floor: Floor) -> Finding:
    """Return what is known of a floor; well, whatever it is."""
    from_on = f"Answers from a score of {floor.at:g} on"
    if floor.proven:
        said = (
            f"{from_on}, learned from {floor.labels} labels ({floor.configured:g} is set): "
            f"{floor.wrong} of {floor.given} there are wrong, surely no more than {floor.at_most:.0%}."
        )
    elif floor.at != floor.configured:
        said = (
            f"{from_on} ({floor.configured:g} is set): the one that the last labels amount to would "
            "lose what is known."
        )
    else:
        said = f"{from_on}, as set: unproven, with {floor.labels} labels of the {LEAST} it takes."
    return Finding(part="floor", well=True, said=said)
