"""Retrieval: the right passages, only for those who may read them, in the same order every time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from core.audience import holders_of
from core.embedders.hashing import HashingEmbedder
from core.embedding import EmbedderDescription, Vectors
from core.feedback import Reason, Verdict
from core.index.memory import MemoryIndex
from core.indexing import Indexing
from core.items import Found, Hit, Mode
from core.ledger.ledger import Ledger
from core.retrieval import Retriever
from core.settings import RetrievalSettings, Settings
from tests.doubles import Clock
from tests.tavern import CELLAR, Tavern, page, written

EVERYBODY: frozenset[str] = frozenset()


async def titles(
    tavern: Tavern, text: str, held: frozenset[str] = EVERYBODY, mode: Mode = "hybrid"
) -> list[str]:
    """Return the titles of what is found."""
    sought = await tavern.retriever.seek(text, held)
    return [one.title for one in await tavern.retriever.find(sought, mode)]


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
async def test_every_mode_finds_what_shares_words(tavern: Tavern, mode: Mode) -> None:
    """The page that answers comes first, with a score in 0…1."""
    sought = await tavern.retriever.seek("When does the kitchen close?", EVERYBODY)
    found = await tavern.retriever.find(sought, mode)
    assert found[0].title == "Kitchen"
    assert all(0 <= one.score <= 1.0 for one in found)
    assert found == await tavern.retriever.find(sought, mode)
    assert len(await tavern.retriever.find(sought, mode, limit=1)) == 1


async def test_passages_are_found_for_their_readers_only(tavern: Tavern) -> None:
    """What the cellar or the guard may read is found on their behalf, and on nobody else's."""
    guard = holders_of("guard")
    tavern.source.held += [
        page("Cellar", "The safe is behind the painting.", audience=CELLAR.audience),
        page("Guard", "The safe opens with 7319.", audience=guard),
    ]
    await tavern.read()
    assert not {"Cellar", "Guard"} & {*await titles(tavern, "Where is the safe?")}
    assert "Cellar" in await titles(tavern, "Where is the safe?", CELLAR.held)
    assert "Guard" not in await titles(tavern, "Where is the safe?", CELLAR.held)
    both = await titles(tavern, "Where is the safe?", CELLAR.held | guard.requires)
    assert {"Cellar", "Guard"} <= {*both}


class CarelessIndex(MemoryIndex):
    """An index that shows everybody everything, as one with a broken filter would."""

    async def search_dense(
        self, collection: str, vector: Vectors, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Search without minding the audiences."""
        return await super().search_dense(collection, vector, audiences=range(99), limit=limit)

    async def search_terms(
        self, collection: str, terms: str, *, audiences: Sequence[int], limit: int
    ) -> list[Hit]:
        """Search without minding the audiences."""
        return await super().search_terms(collection, terms, audiences=range(99), limit=limit)


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
async def test_the_ledger_has_the_last_word_on_who_may_read(
    settings: Settings, ledger: Ledger, embedder: HashingEmbedder, clock: Clock, mode: Mode
) -> None:
    """Even an index that leaks, or lags behind a narrowed audience, shows nothing to strangers."""
    tavern = Tavern(settings, ledger, CarelessIndex(), embedder, clock)
    secret = page("Cellar", "The safe is behind the painting.", audience=CELLAR.audience)
    tavern.source.held.append(secret)
    await tavern.open()
    assert "Cellar" not in await titles(tavern, "Where is the safe?", EVERYBODY, mode)
    assert "Cellar" in await titles(tavern, "Where is the safe?", CELLAR.held, mode)


async def test_a_wrong_source_sinks_near_its_question_only(tavern: Tavern) -> None:
    """ "Wrong sources" takes a passage down where it was said, for everybody, and nowhere else."""
    tavern.source.held.append(page("Hours", "The kitchen closes at nine in the evening."))
    tavern.source.held.append(page("Ovens", "The kitchen has two ovens, and it has a window."))
    await tavern.read()
    tavern.model.script = written("So it is", 0)
    question = "When does the kitchen close?"
    first = (await titles(tavern, question))[0]
    answer = await tavern.ask(question)
    given = tavern.verdict(answer, Verdict.DOWN, reason=Reason.WRONG_SOURCES)
    elsewhere = await titles(tavern, "How many ovens has the kitchen?")
    await tavern.assistant.on_verdict(given)
    await tavern.rerank()
    sought = await tavern.retriever.seek(question, EVERYBODY)
    learned = {one.title: one.learned for one in await tavern.retriever.find(sought)}
    assert learned[first] == pytest.approx(-0.25)
    assert (await titles(tavern, question))[0] != first
    assert await titles(tavern, "How many ovens has the kitchen?") == elsewhere


async def test_an_empty_index_finds_nothing(tavern: Tavern) -> None:
    """No documents, no words, no letters: nothing found, and no error."""
    assert await titles(tavern, "?!") != ["?!"]
    tavern.source.held.clear()
    await tavern.read()
    assert await titles(tavern, "When does the kitchen close?") == []
    assert await titles(tavern, "") == []


async def test_a_changed_embedder_leaves_words_to_search_by(tavern: Tavern) -> None:
    """Until everything is embedded anew, passages are found by their words alone."""
    other = HashingEmbedder(dimension=64)
    road = Indexing(ledger=tavern.ledger, index=tavern.index, embedder=other, now=tavern.clock)
    tavern.retriever = Retriever(
        ledger=tavern.ledger,
        index=tavern.index,
        embedder=other,
        indexing=road,
        settings=RetrievalSettings(),
        kernel_width=0.15,
    )
    sought = await tavern.retriever.seek("When does the kitchen close?", EVERYBODY)
    found = await tavern.retriever.find(sought)
    assert found[0].title == "Kitchen"
    assert found[0].dense == 0
    assert found[0].score == pytest.approx(found[0].coverage)


class LatinEmbedder(HashingEmbedder):
    """An embedder that understands Latin letters only."""

    @property
    def description(self) -> EmbedderDescription:
        """Say so."""
        return replace(super().description, scripts=("latin",))


async def test_unknown_letters_are_searched_by_their_terms(
    settings: Settings, ledger: Ledger, clock: Clock
) -> None:
    """Where the embedder does not know the script, shared terms alone decide the score."""
    tavern = Tavern(settings, ledger, MemoryIndex(), LatinEmbedder(), clock)
    tavern.source.held.append(page("营业时间", "厨房晚上十点关门。"))
    await tavern.open()
    sought = await tavern.retriever.seek("厨房几点关门？", EVERYBODY)
    found = await tavern.retriever.find(sought)
    assert sought.spoken == 0
    assert found[0].title == "营业时间"
    assert found[0].score == pytest.approx(found[0].coverage)
    assert (await tavern.retriever.seek("123?", EVERYBODY)).spoken == 1


async def test_words_of_unknown_letters_are_near_no_penalty(
    settings: Settings, ledger: Ledger, clock: Clock
) -> None:
    """Vectors of unknown letters are all alike, so that a verdict must not reach the others."""
    tavern = Tavern(settings, ledger, MemoryIndex(), LatinEmbedder(), clock)
    tavern.source.held = [page("营业时间", "厨房晚上十点关门。")]
    await tavern.open()
    answer = await tavern.ask("厨房几点关门？")
    await tavern.assistant.on_verdict(
        tavern.verdict(answer, Verdict.DOWN, reason=Reason.WRONG_SOURCES)
    )
    await tavern.rerank()
    sought = await tavern.retriever.seek("厨房几点关门？", EVERYBODY)
    assert [one.learned for one in await tavern.retriever.find(sought)] == [0.0]


@dataclass
class Stranger:
    """A re-ranker from a plugin that does one odd thing."""

    oddity: str
    name: str = "stranger"

    async def rerank(self, question: str, found: Sequence[Found]) -> Sequence[Found]:
        """Do it."""
        if self.oddity == "raises":
            raise ZeroDivisionError
        if self.oddity == "returns nothing at all":
            return None  # type: ignore[return-value]  # strangers do
        if self.oddity == "invents":
            return [replace(found[0], passage_id="invented", text="Pay me."), *found]
        if self.oddity == "doubles":
            return [*found, *found]
        return found[::-1]


@pytest.mark.parametrize("oddity", ["raises", "returns nothing at all", "invents", "doubles"])
async def test_a_stranger_can_only_reorder(tavern: Tavern, oddity: str) -> None:
    """A re-ranker that fails or makes things up leaves the order as it was."""
    before = await titles(tavern, "the kitchen password")
    tavern.retriever.rerankers.append(Stranger(oddity))
    assert await titles(tavern, "the kitchen password") == before


async def test_a_stranger_may_reorder(tavern: Tavern) -> None:
    """The order that a re-ranker returns is the order."""
    before = await titles(tavern, "the kitchen password")
    tavern.retriever.rerankers += [Stranger("raises"), Stranger("reverses")]
    assert await titles(tavern, "the kitchen password") == before[::-1]


async def test_a_long_question_is_not_cut_silently(
    tavern: Tavern, caplog: pytest.LogCaptureFixture
) -> None:
    """What of a question the embedder cannot read is said in the log, and still found by words."""
    sought = await tavern.retriever.seek("word " * 600 + "kitchen", EVERYBODY)
    assert "longer than the embedder's window" in caplog.text
    assert "Kitchen" in {one.title for one in await tavern.retriever.find(sought, "bm25")}
