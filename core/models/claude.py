"""Claude as the language model: cited answers from passages, with a deadline, a budget and a breaker."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import anthropic
from anthropic.types import Message, MessageParam
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from anthropic.types.messages.batch_create_params import Request as Entry

from core.batching import Written
from core.breaker import Breaker, span
from core.errors import ModelError
from core.grounds import Grounds
from core.models import request, weighing
from core.models.batches import written_by
from core.models.budget import DailyBudget, Purse
from core.models.catalogue import Catalogue
from core.models.client import client_of
from core.models.failures import FAILURES, MALFORMED, StoppedError, failure_of
from core.models.reader import CUT_SHORT, CUTTING, DONE, Reader, tokens_in
from core.models.weighing import grounds_in, weighing_content, weighing_output
from core.prompts import Piece, Prompt, PromptPassage, Turn
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
        self,
        settings: AnthropicSettings,
        clock: Callable[[], datetime] = utc_now,
        *,
        steady: Callable[[], float] = time.monotonic,
        purse: Purse | None = None,
    ) -> None:
        """Connect to nothing yet; raise `SettingsError` where key or address cannot be used.

        `purse` keeps the day's tokens across restarts.
        """
        self._settings = settings
        self._clock = clock
        self.breaker = Breaker("Claude", steady)
        self._budget = DailyBudget(settings.daily_tokens, clock, purse)
        self._client = client_of(settings)
        self._catalogue = Catalogue(self._client, settings)

    @property
    def name(self) -> str:
        """The answering model's name."""
        return self._settings.answering_model

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
        async with self._guarded(), AsyncExitStack() as stack:
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
        async with self._guarded():
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
        async with self._guarded():
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

    async def weigh(self, question: str, text: str, passages: Sequence[PromptPassage]) -> Grounds:
        """Return whether passages bear out what a text answers; it is one short call."""
        async with self._guarded():
            async with asyncio.timeout(self._settings.seconds):
                known = await self._catalogue.known(self.name)
                output = weighing_output(known)
                message = await self._client.messages.create(
                    model=self.name,
                    max_tokens=weighing.TOKENS,
                    system=request.system_of("", weighing.WEIGHING),
                    messages=said(weighing_content(question, text, passages)),
                    thinking=request.rewriting_effort(known).thinking,
                    output_config=output or anthropic.omit,
                )
            reply = self._text_of(message)
        return grounds_in(reply)

    async def send(self, prompts: Mapping[str, Prompt]) -> str:
        """Hand prompts over as one batch, at half the price; return its name."""
        async with self._guarded(), asyncio.timeout(self._settings.seconds):
            effort = request.answering_effort(await self._catalogue.known(self.name))
            entries = [
                Entry(custom_id=key, params=self._entry(prompt, effort))
                for key, prompt in prompts.items()
            ]
            return (await self._client.messages.batches.create(requests=entries)).id

    async def collect(self, batch_id: str) -> Written | None:
        """Return what became of a batch, in whatever order it came; None while it is under way."""
        batches = self._client.messages.batches
        async with self._guarded(), asyncio.timeout(self._settings.seconds):
            try:
                batch = await batches.retrieve(batch_id)
                if batch.processing_status != "ended":
                    return None
                results = await batches.results(batch_id)
            except anthropic.NotFoundError:
                log.warning("The batch %s is not there any more.", batch_id)
                return {}
            spend = self._budget.spend
            return {one.custom_id: written_by(one, spend) async for one in results}

    def _entry(self, prompt: Prompt, effort: request.Effort) -> MessageCreateParamsNonStreaming:
        entry: MessageCreateParamsNonStreaming = {
            "model": self.name,
            "max_tokens": self._settings.max_tokens,
            "system": request.system_of(prompt.instructions, request.DATA_RULE),
            "messages": said(request.content_of(prompt).blocks),
        }
        if isinstance(effort.thinking, dict):
            entry["thinking"] = effort.thinking
        if isinstance(effort.output, dict):
            entry["output_config"] = effort.output
        return entry

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

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[None]:
        """Ask budget and breaker first, tell the breaker of the outcome, and translate failures."""
        await self._budget.admit()
        refusal = self.breaker.refusal()
        if refusal:
            raise ModelError(refusal)
        told = False
        try:
            yield
        except FAILURES as error:
            told = True
            raise self._failed(error) from error
        else:
            told = True
            self.breaker.succeeded()
        finally:
            if not told:
                self.breaker.left()  # whoever asked went away, which says nothing of Claude
            await self._budget.settle()

    def _failed(self, error: Exception) -> ModelError:
        """Log a failure, tell the breaker, and return what the asker is told."""
        failure = failure_of(error, self._clock())
        if failure.outage:
            self.breaker.failed(failure.sentence, failure.pause)
        else:
            self.breaker.succeeded()  # it answered, though not this question
        alone = (
            f"; it is left alone for {span(left)}" if (left := self.breaker.seconds_left) else ""
        )
        shown = error if isinstance(error, MALFORMED) else None
        log.warning("Claude failed: %s%s", failure.details, alone, exc_info=shown)
        return ModelError(failure.sentence)


def said(content: Iterable[request.Block] | str) -> list[MessageParam]:
    """Return a conversation of one turn, the user's."""
    return [{"role": "user", "content": content}]
