"""The worked example: facts are searched, tales are told, and disliked tales are told anew."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.embedders.hashing import HashingEmbedder
from core.errors import ModelError
from core.feedback import Feedback, Reason, Verdict, Via
from core.hookspecs import Services
from core.index.milvus import MilvusIndex
from core.interfaces import Call
from core.items import IndexItem
from core.job import JobReport
from core.messages import Deleted, MessageRef, Person
from core.models.quoting import QuotingModel
from core.plugins import Brought, collect, load_plugins
from plugins.taverns.book import FILE, SHOWN_KEPT, Book, read_book
from plugins.taverns.cellar import COLLECTION, PUBLIC
from plugins.taverns.tavern import load_taverns
from plugins.taverns.telling import LONGEST, RECORDED
from tests.doubles import LOBBY

TAVERNS = load_taverns()
OTTER = next(one for one in TAVERNS if one.id == "lantern-and-otter")
WISH = "a quiet terrace on the water"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ANN, BOB, CAT = (Person(platform="room", key=key, name=key) for key in ("ann", "bob", "cat"))
BOT = Person(platform="room", key="bot", name="bot", bot=True)


class Storyteller(QuotingModel):
    """A model that writes: numbered tales, or those it is given, or fails."""

    def __init__(self, *tales: str, failing: bool = False) -> None:
        """Take what it writes first."""
        self.tales = list(tales)
        self.failing = failing
        self.asked: list[tuple[str, str]] = []

    @property
    def name(self) -> str:
        """Another name than the quoting model's."""
        return "storyteller"

    async def write(self, instructions: str, text: str) -> str:
        """Return the next tale, after a moment in which other things happen."""
        await asyncio.sleep(0)
        if self.failing:
            raise ModelError("The storyteller is asleep.")
        self.asked.append((instructions, text))
        return self.tales.pop(0) if self.tales else f"Tale {len(self.asked)}."


@dataclass
class Inn:
    """The loaded plugin, as the bot and its people use it."""

    services: Services
    shown: list[str] = field(default_factory=list)
    events: int = 0
    brought: Brought = field(init=False)

    def __post_init__(self) -> None:
        """Load it, as a start of the bot does."""
        self.brought = collect(load_plugins(["taverns"]), lambda *_: self.services)

    @property
    def book(self) -> Book:
        """What it remembers."""
        return read_book(self.services.folder)

    async def say(self, arguments: str, answer: str = "a1") -> str:
        """Return the reply to `/taverns`."""

        async def progress(text: str) -> None:
            self.shown.append(text)

        call = Call(arguments=arguments, person=ANN, answer_id=answer, conversation=LOBBY)
        return await self.brought.commands[0].run(call, progress)

    async def hear(
        self,
        verdict: Verdict,
        by: Person = ANN,
        answer: str = "a1",
        *,
        reason: Reason | None = None,
        withdrawn: bool = False,
    ) -> None:
        """Tell the listener of a verdict."""
        self.events += 1
        await self.brought.listeners[0].on_event(
            Feedback(
                event_id=str(self.events),
                answer_id=answer,
                person=by,
                verdict=verdict,
                via=Via.BUTTON,
                at=NOW,
                reason=reason,
                withdrawn=withdrawn,
            )
        )

    async def run(self) -> JobReport:
        """Run the job."""

        def silent(what: str, done: int, total: int | None) -> None:
            self.shown.append(f"{what} {done}/{total}")

        return await self.brought.jobs[0].run(NOW, silent)


@pytest.fixture
def inn(services: Services) -> Inn:
    """Return the plugin without a language model."""
    return Inn(services)


# -- data ----------------------------------------------------------------------------------------


def test_the_data_is_complete() -> None:
    """Twelve taverns, each with facts, a place, and two recorded tales that differ."""
    assert len({one.id for one in TAVERNS}) == len({one.name for one in TAVERNS}) == 12
    for one in TAVERNS:
        assert len(one.facts) >= 4
        assert len(set(one.tales)) == 2
        assert all(len(tale) <= LONGEST for tale in one.tales)


# -- build ---------------------------------------------------------------------------------------


async def test_build_fills_the_collection_and_shows_its_load_state(inn: Inn) -> None:
    """The collection holds a row for each tavern and each fact, and is loaded."""
    said = await inn.say("build")
    assert said == (
        f"The collection `taverns10` holds the facts of 12 taverns: Loaded. "
        f"Described by {RECORDED}."
    )
    assert await inn.services.index.ids(COLLECTION) == {
        id_ for one in TAVERNS for id_, _ in one.rows()
    }
    assert any("The Salt Gate" in text for text in inn.shown)


async def test_a_model_writes_each_tale_from_the_facts_alone(services: Services) -> None:
    """Instructions carry no data, the facts are the text, and the book names the teller."""
    model = Storyteller()
    inn = Inn(replace(services, model=model))
    assert "Described by storyteller." in await inn.say("build")
    assert sorted(text for _, text in model.asked) == sorted(one.original for one in TAVERNS)
    assert len({instructions for instructions, _ in model.asked}) == 1


async def test_a_model_that_fails_leaves_the_recorded_tales(services: Services) -> None:
    """The build succeeds, and a later one has the tales written after all."""
    model = Storyteller(failing=True)
    inn = Inn(replace(services, model=model))
    assert RECORDED in await inn.say("build")
    model.failing = False
    assert "Described by storyteller." in await inn.say("build")
    assert "Described by storyteller." in await inn.say("build")
    assert len(model.asked) == 12


async def test_a_models_text_is_one_paragraph_that_suits_a_chat(services: Services) -> None:
    """Whatever a model writes is cut and set in one line."""
    inn = Inn(replace(services, model=Storyteller(*["# Long \ud800\n\ntale " * 200] * 12)))
    await inn.say("build")
    text = inn.book.tales[OTTER.id].text
    assert len(text) == LONGEST
    assert "\n" not in text


async def test_another_embedder_has_the_collection_built_anew(services: Services) -> None:
    """Vectors of two embedders never meet in one collection."""
    await Inn(services).say(WISH)
    inn = Inn(replace(services, embedder=HashingEmbedder(dimension=512)))
    assert OTTER.name in await inn.say(WISH)
    assert any("Embedding" in text for text in inn.shown)


async def test_two_first_wishes_build_once(inn: Inn) -> None:
    """Whoever comes second waits for what the first one set going."""
    await asyncio.gather(inn.say(WISH, "a1"), inn.say(WISH, "a2"))
    assert len([text for text in inn.shown if "Embedding" in text]) == 1


# -- wish ----------------------------------------------------------------------------------------


async def test_a_wish_builds_on_first_use_and_names_the_best_tavern(inn: Inn) -> None:
    """The reply has name, place, why in the fact's own words, and the tale with its teller."""
    said = await inn.say(WISH)
    assert said.startswith(f"**{OTTER.name}**, {OTTER.place}\n\nWhy: “{OTTER.facts[1]}”")
    assert f"{OTTER.tales[0]}\n*As told by {RECORDED}." in said


async def test_taverns_that_come_close_are_named_with_their_fact(inn: Inn) -> None:
    """Where two match alike, the second is named, without a tale."""
    said = await inn.say("stout and rum")
    assert "Also near your wish:\n\n- **" in said
    assert said.count("As told by") == 1


@pytest.mark.parametrize("wish", ["", "   "])
async def test_without_a_wish_it_says_how_it_is_used(inn: Inn, wish: str) -> None:
    """Nothing is built for that."""
    assert "`/taverns build`" in await inn.say(wish)
    assert not inn.services.folder.exists()


async def naive_ranking(services: Services, tales: dict[str, str]) -> list[str]:
    """Return the rows of facts and embedded tales together, by score: the loop's naive form."""
    rows = {one.id: one.original for one in TAVERNS}
    rows |= {f"tale of {id_}": text for id_, text in tales.items()}
    vectors = await services.embedder.embed_passages(list(rows.values()))
    items = [
        IndexItem(id=id_, owner=id_, audience=PUBLIC, terms="", vector=vector)
        for id_, vector in zip(rows, vectors, strict=True)
    ]
    await services.index.create("naive", 384)
    await services.index.upsert("naive", items)
    asked = await services.embedder.embed_question(WISH)
    hits = await services.index.search_dense("naive", asked, audiences=[PUBLIC], limit=99)
    return [hit.id for hit in hits]


async def test_generated_text_outranks_no_original(services: Services) -> None:
    """Tales that repeat the wish win every search where they are embedded, and nothing here."""
    honest = (await Inn(services).say(WISH)).split("\n\n")[:2]
    flattered = replace(
        services, model=Storyteller(*[WISH] * 12), folder=services.folder / "flattered"
    )
    inn = Inn(flattered)
    said = await inn.say(WISH)
    assert said.split("\n\n")[:2] == honest
    assert all(tale.text == WISH for tale in inn.book.tales.values())
    naive = await naive_ranking(services, dict.fromkeys(inn.book.tales, WISH))
    assert all(id_.startswith("tale of") for id_ in naive[:12])


# -- loop ----------------------------------------------------------------------------------------


async def test_a_disliked_tale_is_told_anew_from_the_record(inn: Inn) -> None:
    """Without a key the next recorded tale comes, and after the last the first again."""
    tales = []
    for turn in range(3):
        said = await inn.say(WISH, f"a{turn}")
        tales.append(next(tale for tale in OTTER.tales if tale in said))
        await inn.hear(Verdict.DOWN, answer=f"a{turn}")
        assert (await inn.run()).figures == {"told": 1, "left": 0}
    assert tales == [OTTER.tales[0], OTTER.tales[1], OTTER.tales[0]]


async def test_the_model_is_told_what_people_disliked(services: Services) -> None:
    """It gets the facts, the disliked tale and the reasons, and its new tale is shown."""
    model = Storyteller(*["Dull."] * 12, "Better.")
    inn = Inn(replace(services, model=model))
    assert "Dull." in await inn.say(WISH)
    await inn.hear(Verdict.DOWN, ANN, reason=Reason.OUTDATED)
    await inn.hear(Verdict.DOWN, BOB)
    await inn.hear(Verdict.UP, CAT)
    await inn.run()
    instructions, text = model.asked[-1]
    assert instructions.endswith("outdated (1), gave no reason (1).")
    assert text == f"{OTTER.original}\n\nThe earlier description: Dull."
    assert "Better." in await inn.say(WISH, "a2")


async def test_a_second_run_of_the_job_does_nothing(inn: Inn) -> None:
    """The verdicts that led to a new tale are spent with the old one."""
    await inn.say(WISH)
    await inn.hear(Verdict.DOWN)
    await inn.run()
    before = inn.book
    assert (await inn.run()).figures == {"told": 0, "left": 0}
    assert inn.book == before


async def test_a_model_that_fails_leaves_the_tale_for_the_next_run(services: Services) -> None:
    """Nothing is lost: the verdicts stand until a new tale is told."""
    model = Storyteller()
    inn = Inn(replace(services, model=model))
    await inn.say(WISH)
    await inn.hear(Verdict.DOWN)
    model.failing = True
    assert "1 left for the next run" in (await inn.run()).summary
    model.failing = False
    assert (await inn.run()).figures == {"told": 1, "left": 0}


@pytest.mark.parametrize(
    ("said", "disliked"),
    [
        ([], False),
        ([(ANN, "down")], True),
        ([(ANN, "up"), (ANN, "down")], True),
        ([(ANN, "down"), (ANN, "up")], False),
        ([(ANN, "down"), (BOB, "up")], False),
        ([(ANN, "down"), (BOB, "up"), (CAT, "down")], True),
        ([(ANN, "down"), (ANN, "down"), (BOB, "up"), (CAT, "up")], False),
        ([(ANN, "down"), (ANN, "no down")], False),
        ([(ANN, "down"), (ANN, "up"), (ANN, "no up")], True),
        ([(BOT, "down")], False),
    ],
)
async def test_the_last_verdict_of_each_person_counts(
    inn: Inn, said: list[tuple[Person, str]], disliked: bool
) -> None:
    """A person has one voice, may change it and take it back; a bot has none."""
    await inn.say(WISH)
    for person, spoken in said:
        verdict = Verdict(spoken.removeprefix("no "))
        await inn.hear(verdict, person, withdrawn=spoken.startswith("no "))
    assert inn.book.disliked(OTTER.id) is disliked


async def test_a_person_has_one_voice_over_several_replies(inn: Inn) -> None:
    """Who was shown a tale twice and dislikes it twice still counts once."""
    for answer in ("a1", "a2"):
        await inn.say(WISH, answer)
        await inn.hear(Verdict.DOWN, ANN, answer)
    assert len(inn.book.verdicts(OTTER.id)) == 1
    await inn.hear(Verdict.DOWN, ANN, "a2", withdrawn=True)
    assert inn.book.disliked(OTTER.id)


async def test_a_plain_thumb_keeps_the_reason_given_before(inn: Inn) -> None:
    """The reason is not lost when the emoji comes after the button."""
    await inn.say(WISH)
    await inn.hear(Verdict.DOWN, reason=Reason.WRONG_ANSWER)
    await inn.hear(Verdict.DOWN)
    assert [mark.reason for mark in inn.book.verdicts(OTTER.id)] == [Reason.WRONG_ANSWER]


async def test_verdicts_on_other_answers_and_older_tales_count_for_nothing(inn: Inn) -> None:
    """A tale is judged by those who saw it."""
    await inn.say(WISH)
    await inn.hear(Verdict.DOWN, answer="of a document")
    assert not inn.book.marks
    await inn.hear(Verdict.DOWN)
    await inn.run()
    await inn.hear(Verdict.DOWN, BOB)
    assert not inn.book.marks
    ref = MessageRef(platform="room", conversation="c", key="k")
    await inn.brought.listeners[0].on_event(Deleted(event_id="d", ref=ref, at=NOW))


async def test_a_tale_told_in_the_meantime_is_not_overwritten(services: Services) -> None:
    """Two runs side by side leave one new tale, not the second on top of the first."""
    inn = Inn(replace(services, model=Storyteller()))
    await inn.say(WISH)
    await inn.hear(Verdict.DOWN)
    await asyncio.gather(inn.run(), inn.run())
    assert inn.book.tales[OTTER.id].edition == 2


# -- memory --------------------------------------------------------------------------------------


async def test_the_state_survives_a_restart(inn: Inn, services: Services) -> None:
    """Another process finds the verdicts, builds nothing and goes on."""
    await inn.say(WISH)
    await inn.hear(Verdict.DOWN)
    again = Inn(services)
    assert (await again.run()).figures["told"] == 1
    assert OTTER.tales[1] in await again.say(WISH, "a2")
    assert not any("Embedding" in text for text in again.shown)


@pytest.mark.parametrize("left", ["", "{", '{"built": 3}', '{"marks": [{}]}'])
async def test_a_book_that_cannot_be_read_is_begun_anew(inn: Inn, left: str) -> None:
    """The command works nevertheless; the collection and the tales come back."""
    inn.services.folder.mkdir()
    (inn.services.folder / FILE).write_text(left, encoding="utf-8")
    assert OTTER.name in await inn.say(WISH)
    assert len(json.loads((inn.services.folder / FILE).read_text(encoding="utf-8"))["tales"]) == 12


async def test_a_write_that_stops_in_the_middle_leaves_the_former_book(inn: Inn) -> None:
    """What is half written stands beside the book and is never read."""
    await inn.say(WISH)
    before = inn.book
    (inn.services.folder / f"{FILE}.new").write_text('{"built":', encoding="utf-8")
    assert inn.book == before
    await inn.hear(Verdict.DOWN)
    assert [path.name for path in inn.services.folder.iterdir()] == [FILE]


async def test_the_book_remembers_a_bounded_number_of_replies(inn: Inn) -> None:
    """The oldest replies are forgotten first."""
    await inn.say(WISH, "first")
    book = inn.book
    for number in range(SHOWN_KEPT):
        book = book.showed(f"a{number}", OTTER.id)
    assert len(book.shown) == SHOWN_KEPT
    assert "first" not in book.shown


# -- Milvus --------------------------------------------------------------------------------------


@pytest.fixture
async def milvus(services: Services, tmp_path: Path) -> AsyncIterator[Services]:
    """Return services over a real Milvus Lite."""
    index = MilvusIndex(str(tmp_path / "index"), "", services.settings.index)
    await index.open()
    yield replace(services, index=index)
    await index.close()


async def test_the_example_runs_on_milvus_lite(milvus: Services) -> None:
    """The collection is made, loaded, searched, and found again by the next start."""
    inn = Inn(milvus)
    assert ": Loaded. " in await inn.say("build")
    assert await milvus.index.load_state(COLLECTION) == "Loaded"
    assert COLLECTION in await milvus.index.collections()
    assert (await inn.say(WISH)).startswith(f"**{OTTER.name}**")
    vector = await milvus.embedder.embed_question(WISH)
    assert not await milvus.index.search_dense(COLLECTION, vector, audiences=[1], limit=5)
