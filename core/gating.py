"""Gating: is a message for the bot, and who sees the answer. The rules are pure."""

import re
from dataclasses import dataclass
from enum import Enum

from core.answers import Answer, Origin, Placement, Standing
from core.commands import is_command
from core.messages import Message
from core.modes import Facts, Mode
from core.questions import is_acknowledgement, is_question
from core.settings import Settings

GREETING = r"(?:(?:hey|hi|hello|ok|okay|dear)[\s,]+)?@?"
MARK = re.compile(r"\[\d+\]")
LEAD_IN = re.compile(r"(?:#.*|.*:)")  # a heading, or a line that introduces what follows
FENCED = re.compile(r"^(```|~~~).*?^\1[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What of the rules people can set.

    `mode` holds where a conversation has none of its own. In a thread the bot takes at most
    `unasked` turns without having been addressed; `name` is what a follow-up begins with to address
    it; an emoji of `silenced_by` on a message silences the thread. In mode auto it is sure of an
    answer whose best source scores `sure_from`.
    """

    mode: Mode = Mode.MENTION
    unasked: int = 5
    name: str = "Tavernkeep"
    silenced_by: tuple[str, ...] = ("shushing_face", "🤫")
    sure_from: float = 0.6


class Way(Enum):
    """How a message is answered: where the answer stands, and who sees how it comes about."""

    OPENLY = "openly"
    TO_ASKER = "to the asker"
    BY_MODERATORS = "by moderators"
    IF_SURE = "if sure"
    SWITCHED_OFF = "switched off"

    @property
    def placement(self) -> Placement:
        """Where the answer is shown; if the bot is not sure, those who decide see it instead."""
        return PLACEMENTS.get(self, Placement.THREAD)

    @property
    def unseen(self) -> bool:
        """Say whether nobody sees the answer while it is being written."""
        return self in {Way.BY_MODERATORS, Way.IF_SURE}


PLACEMENTS = {
    Way.TO_ASKER: Placement.ASKER,
    Way.SWITCHED_OFF: Placement.ASKER,
    Way.BY_MODERATORS: Placement.MODERATORS,
}


def rules_of(settings: Settings) -> Rules:
    """Return the rules as they are set."""
    chosen = settings.conversations
    return Rules(
        mode=chosen.mode,
        unasked=chosen.unasked,
        name=chosen.name,
        silenced_by=chosen.silenced_by,
        sure_from=chosen.sure,
    )


def way_of(message: Message, facts: Facts, rules: Rules) -> Way | None:
    """Return how a message is answered, or None where it is not for the bot."""
    if message.person.bot:
        return None
    if message.private:
        return Way.TO_ASKER
    if message.conversation.direct:
        return Way.OPENLY
    if message.addressed or follows_up(message, facts, rules):
        return _asked(message, facts)
    return Way.IF_SURE if _may_chime_in(message, facts) else None


def follows_up(message: Message, facts: Facts, rules: Rules) -> bool:
    """Say whether a message in a thread goes on talking with the bot, though it is not addressed.

    The bot was the last to speak to its writer, or its name begins the text. What is meant for
    others never does, nor does a mere "thanks"; and the bot takes only so many turns unasked.
    """
    if message.thread is None or not facts.inside or facts.mode is Mode.OFF:
        return False
    if facts.silenced or message.to_others or facts.unasked >= rules.unasked:
        return False
    said = re.sub(re.escape(rules.name), "", message.text, flags=re.IGNORECASE)
    if not message.text.strip() or is_acknowledgement(said):
        return False
    return facts.last_to == message.person.id or is_called(message.text, rules.name)


def is_called(text: str, name: str) -> bool:
    """Say whether a text begins with a name, be it after a greeting."""
    called = rf"\s*{GREETING}{re.escape(name)}(?![\w'’-])"
    return bool(name.strip()) and re.match(called, text, re.IGNORECASE) is not None


def _asked(message: Message, facts: Facts) -> Way:
    """Return how somebody who means the bot is answered; commands work in every mode.

    Moderators may have no part in the conversation: of what is asked in private they see no draft.
    """
    if is_command(message.text):
        return Way.OPENLY
    if facts.mode is Mode.DRAFT and not message.conversation.public:
        return Way.TO_ASKER
    by_mode = {
        Mode.OFF: Way.SWITCHED_OFF,
        Mode.SUGGEST: Way.TO_ASKER,
        Mode.DRAFT: Way.BY_MODERATORS,
    }
    return by_mode.get(facts.mode, Way.OPENLY)


def _may_chime_in(message: Message, facts: Facts) -> bool:
    """Say whether a question to everybody may be answered; in threads people talk to each other."""
    if facts.mode is not Mode.AUTO or facts.silenced or message.thread is not None:
        return False
    return not message.to_others and is_question(message.text)


# -- being sure ----------------------------------------------------------------------------------


def is_sure(answer: Answer, sure_from: float) -> bool:
    """Say whether the bot may give an answer that nobody asked it for.

    That is an answer which people verified, given again; or one that says nothing without a source
    and whose best source matches the question well (`sure_from`). An answer with a notice, for
    instance that the language model was away, is never sure.
    """
    if answer.origin in {Origin.UNKNOWN, Origin.COMMAND} or answer.notice is not None:
        return False
    if answer.badge is not None:
        return answer.badge.standing is Standing.VERIFIED
    well_matched = answer.score is not None and answer.score >= sure_from
    return well_matched and is_grounded(answer.text)


def is_grounded(text: str) -> bool:
    """Say whether each paragraph of an answer ends with the mark of its source.

    Headings and lines that introduce what follows need none; the mark of code stands below it.
    """
    plain = FENCED.sub("", text)
    paragraphs = [one.strip() for one in re.split(r"\n\s*\n", plain) if one.strip()]
    claims = [one for one in paragraphs if not LEAD_IN.fullmatch(one)]
    return bool(claims) and all(_ends_with_mark(one) for one in claims)


def _ends_with_mark(paragraph: str) -> bool:
    marks = list(MARK.finditer(paragraph))
    return bool(marks) and not re.search(r"\w", paragraph[marks[-1].end() :])
