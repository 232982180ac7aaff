"""Said: what the bot said to a question already, read back from Slack by its metadata."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.shown import Shown
from bot.slack.client import away, payload_of, refusal
from bot.slack.history import NOTHING_THERE
from bot.slack.payload import Payload, part_at, parts_at, text_at
from bot.slack.spot import ANSWER, DRAFT, FAILURE, PART, UNFINISHED, Spot
from bot.slack.workspace import Workspace

PAGE, PAGES = 200, 5
OURS = frozenset({ANSWER, DRAFT, FAILURE, PART, UNFINISHED})


@dataclass(slots=True, kw_only=True)
class Said(Shown[str]):
    """What Slack tells of it.

    In those that are `unfinished` the answer grew when the bot was stopped: a stream cannot be marked
    before it ends, so they are the bot's own ones without any mark. Of the `ours` that is certain.
    """

    ours: set[str] = field(default_factory=set)
    answers: dict[str, str] = field(default_factory=dict)
    """Which answer each message belongs to, by the message's key."""

    def take(self, message: Payload, spot: Spot, answer_id: str | None) -> None:
        """Note what a message of the bot's own is."""
        key, kind = text_at(message, "ts"), text_at(message, "metadata", "event_type")
        told = part_at(message, "metadata", "event_payload")
        if text_at(told, "id"):
            self.answers[key] = text_at(told, "id")
        if kind in (ANSWER, DRAFT) and told.get("id") == answer_id:
            self.final = key
        elif kind == PART and told.get("id") == answer_id and isinstance(told.get("part"), int):
            self.parts[told["part"]] = key
        elif kind == FAILURE and told.get("question") == spot.question:
            self.failure = key
        elif _may_be_unfinished(message, spot):
            self.unfinished.append(key)
            self.ours |= {key} if kind or _tasks(message) else set()

    def beside(self, key: str) -> set[str]:
        """Return all messages of the answer that a message belongs to."""
        belongs = self.answers.get(key)
        return {one for one, answer_id in self.answers.items() if answer_id == belongs}


async def said_at(
    client: AsyncWebClient, spot: Spot, workspace: Workspace, answer_id: str | None
) -> Said:
    """Return what the bot said at a place since the question; an answer's id tells its messages.

    Raises `PlatformAwayError` where Slack cannot be asked: then nobody can tell.
    """
    said = Said()
    cursor = ""
    for _ in range(PAGES):
        page = await _page(client, spot, cursor)
        for message in parts_at(page, "messages"):
            if workspace.wrote(message) and text_at(message, "ts") > spot.since:
                said.take(message, spot, answer_id)
        cursor = text_at(page, "response_metadata", "next_cursor")
        if not cursor:
            break
    return said


async def _page(client: AsyncWebClient, spot: Spot, cursor: str) -> Payload:
    asked: Mapping[str, str | int | bool | None] = {
        "channel": spot.channel,
        "oldest": spot.since,
        "limit": PAGE,
        "include_all_metadata": True,
        "cursor": cursor or None,
    }
    with away():
        try:
            if spot.thread is None:
                return payload_of(await client.conversations_history(**asked))  # type: ignore[arg-type]
            return payload_of(await client.conversations_replies(ts=spot.thread, **asked))  # type: ignore[arg-type]
        except SlackApiError as error:
            if refusal(error) in NOTHING_THERE:
                return {}
            raise


def _may_be_unfinished(message: Payload, spot: Spot) -> bool:
    """Say whether the answer grew in a message; one without a mark may name its question in tasks."""
    if text_at(message, "metadata", "event_type"):
        named = text_at(message, "metadata", "event_payload", "question")
        return text_at(message, "metadata", "event_type") == UNFINISHED and named == spot.question
    tasks = _tasks(message)
    mine = any(one.startswith(f"{spot.question}-") for one in tasks)
    return spot.thread is not None and (mine or not tasks)


def _tasks(message: Payload) -> set[str]:
    """Return the tasks of ours that a message shows, by the question that they are done for."""
    blocks = parts_at(message, "blocks")
    held = [one for block in blocks for one in (block, *parts_at(block, "tasks"))]
    return {task for one in held if (task := text_at(one, "task_id")).startswith("question-")}
