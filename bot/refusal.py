"""From which score on the bot answers, and what that rests on, in a sentence."""

from bot.finding import Finding
from core.floor import LEAST, Floor


def refusal(floor: Floor) -> Finding:
    """Return what is known of a floor; well, whatever it is."""
    below = f"“I don't know” below a score of {floor.at:g}"
    if floor.proven:
        said = (
            f"{below}, learned from {floor.labels} judged answers ({floor.configured:g} is set): "
            f"{floor.wrong} of {floor.given} above it are wrong, surely no more than {floor.at_most:.0%}."
        )
    elif floor.at != floor.configured:
        said = (
            f"{below} ({floor.configured:g} is set): the score that the last judged answers amount to "
            "would lose what is known."
        )
    else:
        said = f"{below}, as set. To learn one takes {LEAST} judged answers, and there are {floor.labels}."
    return Finding(part="floor", well=True, said=said)
