"""Spot: where an answer is to stand in Slack, for whom, and how its messages are known again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from core.messages import Message

COMMAND = "command-"  # begins the key of what was typed as a command: no message stands there
ANSWER = "tavernkeep_answer"  # the message with the buttons
PART = "tavernkeep_part"  # one above it, of a long answer
DRAFT = "tavernkeep_draft"
UNFINISHED = "tavernkeep_unfinished"
FAILURE = "tavernkeep_failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a conversation. `question` marks what belongs to one question there."""

    channel: str
    thread: str | None
    since: str
    question: str
    person: str
    team: str = ""
    streams: bool = True

    @property
    def unfinished(self) -> Mapping[str, object]:
        """The metadata of a message that an answer grows in."""
        return metadata(UNFINISHED, question=self.question)

    @property
    def failed(self) -> Mapping[str, object]:
        """The metadata of a message that says why there is no answer."""
        return metadata(FAILURE, question=self.question)

    def without_streams(self) -> "Spot":
        """Return the same place, where messages are changed instead of streamed."""
        return replace(self, streams=False)


def spot_of(message: Message, team: str = "") -> Spot:
    """Return where the answer to a message stands: in its thread, or below it."""
    asked = message.ref.key
    typed = asked.startswith(COMMAND)
    thread = message.thread or (None if typed else asked)
    return Spot(
        channel=message.conversation.key,
        thread=thread,
        since=f"{message.sent_at.timestamp():.6f}" if typed else asked,
        question=f"question-{asked}",
        person=message.person.key,
        team=team,
        streams=thread is not None,
    )


def metadata(kind: str, **payload: str | int) -> dict[str, object]:
    """Return what marks a message of the bot, for the bot itself."""
    return {"event_type": kind, "event_payload": payload}
