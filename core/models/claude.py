"""Claude as the language model: cited answers from passages, with a deadline, a budget and a breaker."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime

import anthropic
from anthropic.types import Message, MessageParam

from core.errors import ModelError
from core.models import request
from core.models.breaker import Breaker
from core.models.budget import DailyBudget
from core.models.catalogue import Catalogue
from core.models.client import client_of
from core.models.failures import FAILURES, MALFORMED, StoppedError, failure_of
from core.models.reader import CUT_SHORT, CUTTING, DONE, Reader, tokens_in
from core.prompts import Piece, Prompt, Turn
from core.settings import AnthropicSettings

log = logging.getLogger(__name__)

REWRITING_SECONDS = 8.0
REWRITING_TOKENS = 256
LONGEST_QUESTION = 500


def utc_now() -> datetime:
    """Return the time as an aware datetime in UTC."""
    return datetime.now(UTC)


class Claude:
    """Writes answers with Claude. It is given no tools and sees nothing but the prompt.

    A failed call is tried once more by the SDK, but only before the first byte of its answer came.
    """

    def __init__(
        self, settings: AnthropicSettings, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """Connect to nothing yet; raise `SettingsError` where key or address cannot be used."""
        self._settings = settings
        self._breaker = Breaker(clock)
        self._budget = DailyBudget(settings.daily_tokens, clock)
        self._client = client_of(settings)
        self._catalogue = Catalogue(self._client, settings)

    @property
    def name(self) -> str:
        """The answering model's name."""
        return self._settings.answering_model

    @property
    def paused_until(self) -> datetime | None:
        """When Claude is asked again after too many failures, or None when it is asked now."""
        return self._breaker.paused_until

    @property
    def tokens_today(self) -> int:
        """The tokens spent since midnight UTC, or since the start."""
        return self._budget.spent

    async def check(self) -> str:
        """Ask the API for both models; raise `ModelError` naming the setting that is wrong."""
        return await self._catalogue.check()

    async def answer(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Stream an answer. It ends without any piece when the passages do not hold one.

        Claude has `settings.seconds` for all of it; the time that the reader takes is not counted.
        """
        content = request.content_of(prompt)
        if not content.passages:
            return
        reader = Reader(content.passages, self._budget.spend)
        now = asyncio.get_running_loop().time
        deadline = now() + self._settings.seconds
        # No `yield` stands inside a timeout: it would cancel the consumer instead of the call.
        with self._guarded():
            async with AsyncExitStack() as stack:
                async with asyncio.timeout_at(deadline):
                    call = await self._stream(prompt, content)
                    stream = await stack.enter_async_context(call)
                while True:
                    async with asyncio.timeout_at(deadline):
                        event = await anext(stream, None)
                    if event is None:
                        break
                    handed_over = now()
                    for piece in reader.read(event):
                        yield piece
                    deadline += now() - handed_over
                for piece in reader.finish():
                    yield piece

    async def standalone(self, question: str, thread: Sequence[Turn]) -> str:
        """Return a follow-up rewritten so that it can be searched, within eight seconds."""
        if not thread:
            return question
        with self._guarded():
            async with asyncio.timeout(min(REWRITING_SECONDS, self._settings.seconds)):
                model = self._settings.rewriting_model
                effort = request.rewriting_effort(await self._catalogue.known(model))
                message = await self._client.messages.create(
                    model=model,
                    max_tokens=REWRITING_TOKENS,
                    system=request.system_of("", request.REWRITING),
                    messages=said(request.rewriting_content(question, thread)),
                    thinking=effort.thinking,
                    output_config=effort.output,
                )
            rewritten = " ".join(self._text_of(message).split())
        if message.stop_reason in CUTTING or len(rewritten) > LONGEST_QUESTION:
            raise ModelError("Claude could not put the follow-up into one short question.")
        return rewritten

    async def write(self, instructions: str, text: str) -> str:
        """Return a short text written as instructed from the given one."""
        with self._guarded():
            async with asyncio.timeout(self._settings.seconds):
                effort = request.answering_effort(await self._catalogue.known(self.name))
                message = await self._client.messages.create(
                    model=self.name,
                    max_tokens=self._settings.max_tokens,
                    system=request.system_of(instructions, request.WRITING_RULE),
                    messages=said(request.tagged("text", text)),
                    thinking=effort.thinking,
                    output_config=effort.output,
                )
            written = self._text_of(message)
        return written + CUT_SHORT if message.stop_reason in CUTTING else written

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()

    async def _stream(
        self, prompt: Prompt, content: request.Content
    ) -> anthropic.AsyncMessageStreamManager[None]:
        """Return the call that answers a prompt, not yet begun."""
        effort = request.answering_effort(await self._catalogue.known(self.name))
        return self._client.messages.stream(
            model=self.name,
            max_tokens=self._settings.max_tokens,
            system=request.system_of(prompt.instructions, request.DATA_RULE),
            messages=said(content.blocks),
            thinking=effort.thinking,
            output_config=effort.output,
            metadata={"user_id": prompt.person_hash} if prompt.person_hash else anthropic.omit,
        )

    def _text_of(self, message: Message) -> str:
        """Count a whole message and return its text; raise `StoppedError` when it is none."""
        if not isinstance(message, Message):
            raise StoppedError(None)  # a proxy answered with something else
        self._budget.spend(tokens_in(message.usage) + message.usage.output_tokens)
        if message.stop_reason not in CUTTING | DONE:
            raise StoppedError(message.stop_reason)
        text = "".join(block.text for block in message.content if block.type == "text").strip()
        if not text:
            raise StoppedError("end_turn")
        return text

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Ask breaker and budget first, tell the breaker of the outcome, and translate failures."""
        self._breaker.admit()
        self._budget.admit()
        try:
            yield
        except FAILURES as error:
            failure = failure_of(error)
            malformed = isinstance(error, MALFORMED)
            log.warning("Claude failed: %s", failure.details, exc_info=malformed)
            if failure.outage:
                self._breaker.failed()
            raise ModelError(failure.sentence) from error
        self._breaker.succeeded()


def said(content: Iterable[request.Block] | str) -> list[MessageParam]:
    """Return a conversation of one turn, the user's."""
    return [{"role": "user", "content": content}]
