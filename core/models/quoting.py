"""A language model that needs no key: it quotes the passages instead of writing."""

import re
from collections.abc import AsyncIterator, Sequence

from core.grounds import Grounds
from core.models.blocks import FENCE, Kind, blocks_of
from core.models.follow_ups import standing_alone
from core.models.overlap import overlap
from core.models.quotes import Quote, quotes_of
from core.models.sentences import sentences_of
from core.prompts import CitationPiece, Piece, Prompt, PromptPassage, TextPiece, Turn

LONGEST_PARAGRAPH = 600
LONGEST_READ = 5_000
MARKUP = re.compile(r"[*_`\[\]<>]|[\r\n]+")
EMPHASIS = re.compile(r"\*\*|__|`|(?<!\w)[*_]|[*_](?!\w)")
LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


class QuotingModel:
    """Answers with sentences of the passages, word for word; pure, quick and never wrong about them."""

    @property
    def name(self) -> str:
        """The name that `doctor` shows."""
        return "quoting"

    async def check(self) -> str:
        """Return one sentence on what answers are without a key."""
        return "Answers are quotations from the documents, because no ANTHROPIC_API_KEY is set."

    async def answer(self, prompt: Prompt) -> AsyncIterator[Piece]:
        """Yield a person's earlier answer, then the best quotes, each with its citation."""
        person = next((near.text.strip() for near in prompt.guidance if near.by_person), "")
        if person:
            yield TextPiece(f"A person answered a similar question:\n\n{person}")
        title = ""
        for number, quote in enumerate(
            quotes_of(prompt.question, prompt.passages, prompt.style.length)
        ):
            passage = prompt.passages[quote.passage]
            named = plain_title(passage.title or passage.breadcrumb)
            lead = f"From **{named}**:\n\n" if named and named != title else ""
            title = named
            gap = "\n\n" if number or person else ""
            yield TextPiece(f"{gap}{lead}{shown(quote)}")
            yield CitationPiece(quote.passage, quote.text)

    async def standalone(self, question: str, thread: Sequence[Turn]) -> str:
        """Return a question that leans on its thread with the thread's own question before it."""
        return standing_alone(question, thread)

    async def write(self, instructions: str, text: str) -> str:
        """Return the first sentences of a text as one plain paragraph; instructions are not read."""
        del instructions
        paragraph = ""
        for sentence in plain_sentences(text[:LONGEST_READ]):
            if paragraph and len(paragraph) + len(sentence) >= LONGEST_PARAGRAPH:
                break
            paragraph = f"{paragraph} {sentence}".strip()
        return paragraph or " ".join(text.split())[:LONGEST_PARAGRAPH]

    async def weigh(self, question: str, text: str, passages: Sequence[PromptPassage]) -> Grounds:
        """Return what passages say to a text, by the words, numbers and names that both have."""
        del question
        return overlap(text, passages)

    async def close(self) -> None:
        """Nothing is open."""


def plain_title(title: str) -> str:
    """Return a title fit to stand in bold."""
    return " ".join(MARKUP.sub(" ", title).split())


def shown(quote: Quote) -> str:
    """Return a quote as Markdown after which text can go on: no fence or table stays open."""
    marks = [match.group(1) for line in quote.text.split("\n") if (match := FENCE.match(line))]
    if len(marks) % 2:
        return f"{quote.text}\n{marks[-1]}\n"
    last = blocks_of(quote.text)[-1]
    ends_in_fence = FENCE.match(quote.text.rsplit("\n", 1)[-1]) is not None
    return (
        f"{quote.text}\n" if ends_in_fence or last.kind in {Kind.TABLE, Kind.CODE} else quote.text
    )


def plain_sentences(markdown: str) -> list[str]:
    """Return the sentences of a Markdown text without its marks; code and headings are left out."""
    sentences: list[str] = []
    for block in blocks_of(markdown):
        if block.kind in {Kind.PARAGRAPH, Kind.LIST}:
            unmarked = re.sub(r"^\s*(?:[-*+•>]|\d{1,9}[.)])\s+", "", block.text, flags=re.MULTILINE)
            plain = EMPHASIS.sub("", LINK.sub(r"\1", unmarked))
            sentences += [" ".join(s.split()) for s in sentences_of(plain) if s.strip()]
    return sentences
