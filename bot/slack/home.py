"""Home: the bot's own place in Slack: suggested questions, and what its reader looks at."""

from collections import OrderedDict

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.identity import Identities
from bot.slack.payload import Payload, part_at, parts_at, text_at
from core.answers import Standing
from core.assistant import Assistant

CONVERSATION = "slack#/types/channel_id"
MOST = 5000  # people whose place is remembered
PROMPTS = 4  # that Slack shows
LONGEST = 70  # characters of a prompt's title
OVER = (Standing.STALE, Standing.RETIRED)
GOOD = 0.65  # a rating that takes a verdict to reach
FIRST = "What can you help me with?"


class Home:
    """Suggests questions that were answered well, and knows which conversation a person looks at."""

    def __init__(
        self, client: AsyncWebClient, assistant: Assistant, identities: Identities
    ) -> None:
        """Take where the questions come from; what people look at is in memory alone."""
        self._client = client
        self._assistant = assistant
        self._identities = identities
        self._looked_at: OrderedDict[str, str] = OrderedDict()

    def moved(self, event: Payload) -> None:
        """Remember which conversation a person looks at now, if any.

        Slack tells it when it changes, and with each direct message.
        """
        user = text_at(event, "user")
        if not user:
            return
        self._looked_at.pop(user, None)
        entities = part_at(event, "context") or part_at(event, "app_context")
        for entity in parts_at(entities, "entities"):
            if text_at(entity, "type") == CONVERSATION and text_at(entity, "value"):
                self._looked_at[user] = text_at(entity, "value")
                break
        while len(self._looked_at) > MOST:
            self._looked_at.popitem(last=False)

    async def looked_at(self, user: str) -> str | None:
        """Return the name of the conversation that a person looks at, if that person reads it."""
        key = self._looked_at.get(user)
        if key is None or not await self._identities.reads(key, user):
            return None
        return (await self._identities.conversation(key)).name or None

    async def suggest(self, event: Payload) -> None:
        """Show questions to whoever opened the bot's messages."""
        place = await self.looked_at(text_at(event, "user"))
        await self._client.assistant_threads_setSuggestedPrompts(
            channel_id=text_at(event, "channel"),
            title=f"You come from #{place}: what would you like to know?" if place else None,
            prompts=[
                {"title": _short(question), "message": question} for question in await self._asked()
            ],
        )

    async def _asked(self) -> list[str]:
        """Return questions that were answered well, for everyone to read, the best ones first."""
        rated = [
            (one.rating.value, one.answer.question.text)
            for one in await self._assistant.learned()
            if one.rating and one.answer.standing not in OVER
        ]
        rated = [one for one in rated if one[0] >= GOOD]
        asked = dict.fromkeys(text for _, text in sorted(rated, reverse=True))
        return [*asked][:PROMPTS] or [FIRST]


def _short(question: str) -> str:
    return question if len(question) <= LONGEST else question[: LONGEST - 1] + "…"
