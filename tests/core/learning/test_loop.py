"""The loop: what people say of an answer changes what the next one hears, and only what it should."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from core.answers import Answer, Origin, Standing
from core.audience import Audience
from core.documents import Document
from core.embedders.hashing import HashingEmbedder
from core.embedding import EmbedderDescription
from core.errors import IndexUnavailableError, UnknownAnswerError
from core.feedback import Verdict
from core.ledger.answers import load_answer
from core.ledger.epochs import load_ratings
from core.ledger.feedback import live_verdicts
from core.ledger.ledger import Ledger
from core.messages import Conversation, Reaction
from core.retrieval import Retriever, Sought
from core.settings import Settings
from core.settings_of_learning import LearningSettings
from tests.doubles import Clock
from tests.tavern import (
    ANA,
    BEN,
    CELLAR,
    CLEO,
    HALL,
    KITCHEN,
    ROBOT,
    KeptReply,
    Tavern,
    memory_tavern,
)

QUESTION = "When does the kitchen close?"


class LatinEmbedder(HashingEmbedder):
    """An embedder that understands Latin letters only."""

    @property
    def description(self) -> EmbedderDescription:
        """Say so."""
        return replace(super().description, scripts=("latin",))


IN_OTHER_WORDS = "When does the kitchen close today?"
BETTER = "It closes at eleven on weekends, says the cook."


async def standing_of(tavern: Tavern, answer_id: str) -> Standing:
    """Return where an answer stands."""
    async with tavern.ledger.reading() as connection:
        held = await load_answer(connection, answer_id)
    assert held
    return held.standing


async def test_a_correction_is_given_again_in_other_words(tavern: Tavern) -> None:
    """After the re-rank a near question gets the person's words, with their name, and no others do."""
    first = await tavern.ask(QUESTION)
    await tavern.correct(first, f"  {BETTER} ")
    assert (await tavern.ask(QUESTION)).badge is None
    await tavern.rerank()
    again = await tavern.ask(IN_OTHER_WORDS)
    assert (again.text, again.origin) == (BETTER, Origin.CORRECTION)
    assert again.badge
    assert (again.badge.author, again.badge.standing) == ("Ben", Standing.TRIAL)
    assert again.reused_id
    far = await tavern.ask("How do I reset my password?")
    assert far.badge is None
    assert BETTER not in far.text


async def test_a_reversed_question_does_not_get_it(tavern: Tavern) -> None:
    """However near, a question that asks the opposite gets no stored answer, nor its guidance."""
    await tavern.correct(await tavern.ask(QUESTION), BETTER)
    await tavern.rerank()
    for reversed_ in ("When does the kitchen open?", "When does the kitchen not close?"):
        assert BETTER not in (await tavern.ask(reversed_)).text


async def test_a_correction_guides_what_is_less_near(tavern: Tavern) -> None:
    """Between "again" and "far" a stored answer only guides; it is never cited."""
    tavern.settings = tavern.settings.model_copy(
        update={"learning": LearningSettings(near=0.95, guide=0.5)}
    )
    tavern.assistant = tavern.new_assistant()
    await tavern.correct(await tavern.ask(QUESTION), BETTER)
    await tavern.rerank()
    guided = await tavern.ask(IN_OTHER_WORDS)
    assert guided.badge is None
    assert [one.text for one in tavern.model.prompts[-1].guidance] == [BETTER]
    assert {one.title for one in guided.citations} == {"Kitchen"}


async def test_only_people_who_write_something_correct(tavern: Tavern) -> None:
    """Nothing, a bot's words, and what commands print change nothing."""
    first, printed = await tavern.ask(QUESTION), await tavern.ask("/echo hello")
    for answer, text in [(first, ""), (first, " \n "), (printed, "Good day.")]:
        with pytest.raises(UnknownAnswerError):
            await tavern.correct(answer, text)
    await tavern.correct(first, BETTER, ROBOT)
    await tavern.judge(first, Verdict.DOWN, ROBOT)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION)).badge is None
    async with tavern.ledger.reading() as connection:
        assert await live_verdicts(connection) == []


async def test_a_correction_is_a_verdict_on_what_it_corrects(tavern: Tavern) -> None:
    """One verdict of a person lives, whatever it came by, and a repeated correction is one."""
    first = await tavern.ask(QUESTION)
    await tavern.judge(first, Verdict.UP)
    correction = tavern.correction(first, BETTER)
    await tavern.assistant.on_correction(correction)
    assert await tavern.corrections.take(correction) is None
    async with tavern.ledger.reading() as connection:
        (live,) = await live_verdicts(connection)
    assert (live.verdict, live.person) == (Verdict.DOWN, BEN)


async def test_what_was_corrected_never_comes_back(tavern: Tavern) -> None:
    """The generated answer is not given again, even where the correction is withdrawn from use."""
    first = await tavern.ask(QUESTION)
    await tavern.correct(first, BETTER)
    await tavern.rerank()
    again = await tavern.ask(QUESTION)
    for person in (ANA, CLEO):
        await tavern.judge(again, Verdict.DOWN, person)
    await tavern.rerank()
    fresh = await tavern.ask(QUESTION)
    assert fresh.badge is None
    assert fresh.reused_id is None


async def test_of_two_corrections_the_newer_is_given(tavern: Tavern) -> None:
    """A person may better their own words, and of equals the last one wins."""
    first = await tavern.ask(QUESTION)
    for text in ("At one.", "At two.", "At three."):
        await tavern.correct(first, text)
        await tavern.rerank()
        assert (await tavern.ask(QUESTION)).text == text


async def test_liked_in_other_words_means_found_by_them(tavern: Tavern) -> None:
    """A phrasing under which somebody liked a learned answer is kept, and the nearest one counts."""
    await tavern.correct(await tavern.ask(QUESTION), BETTER)
    await tavern.rerank()
    await tavern.judge(await tavern.ask(IN_OTHER_WORDS), Verdict.UP, CLEO)
    await tavern.rerank()
    again = await tavern.ask(IN_OTHER_WORDS)
    assert again.badge
    assert again.badge.helpful == 1
    sought = await tavern.retriever.seek(IN_OTHER_WORDS, frozenset())
    reuse = tavern.reuse
    (recalled,) = await reuse._recall(sought)
    assert recalled.phrasing == IN_OTHER_WORDS
    assert recalled.similarity == pytest.approx(1)


async def test_unknown_letters_are_remembered_by_their_terms(
    settings: Settings, ledger: Ledger, clock: Clock
) -> None:
    """Where the embedder does not know the script, shared terms find what was learned."""
    tavern = memory_tavern(settings, ledger, LatinEmbedder(), clock)
    await tavern.open()
    await tavern.correct(await tavern.ask("厨房几点关门？"), "十一点。")
    await tavern.rerank()
    assert (await tavern.ask("请问厨房几点关门？")).text == "十一点。"
    for other in ("厨房几点开门？", "在哪里停车？", "！？"):
        assert (await tavern.ask(other)).badge is None


async def test_emoji_on_what_is_no_answer_are_no_verdicts(tavern: Tavern) -> None:
    """Nothing is caught up with at a place where the bot said nothing."""
    reaction = tavern.reaction("nowhere", "👍")
    async with tavern.ledger.writing() as connection:
        await tavern.evidence.take_reaction(connection, reaction)
        assert await tavern.evidence.catch_up(connection, reaction.ref) == []


class Scattered:
    """An answer that stands in two messages, and what a person's emoji on them amount to."""

    def __init__(self, tavern: Tavern) -> None:
        """Take where it is given."""
        self._tavern = tavern
        self.answer_id = ""

    async def give(self) -> None:
        """Have the question answered."""
        message = self._tavern.message(QUESTION)
        reply = KeptReply("two")
        reply.parts = [replace(reply.ref, key="one"), reply.ref]
        await self._tavern.assistant.on_message(message, reply)
        self.answer_id = reply.answer.id

    async def mark(self, key: str, emoji: str, *, added: bool = True) -> Verdict | None:
        """Put an emoji on a message or take it off, and return the verdict that counts then."""
        reaction = self._tavern.reaction(key, emoji, added=added)
        return await self.take(reaction)

    async def take(self, reaction: Reaction) -> Verdict | None:
        """Bring a reaction, and return the verdict that counts then."""
        await self._tavern.assistant.on_reaction(reaction)
        async with self._tavern.ledger.reading() as connection:
            live = await live_verdicts(connection, [self.answer_id])
        assert len(live) <= 1
        return live[0].verdict if live else None


async def test_an_emoji_on_any_message_of_an_answer_is_one_verdict_on_it(tavern: Tavern) -> None:
    """The last one wins wherever it stands; one that was there before the answer was noted counts."""
    scattered = Scattered(tavern)
    await tavern.assistant.on_reaction(tavern.reaction("one", "👍"))
    await scattered.give()
    assert await scattered.mark("one", "🎲") is Verdict.UP
    assert await scattered.mark("two", "👎") is Verdict.DOWN
    assert await scattered.mark("two", "👎", added=False) is Verdict.UP


async def test_an_emoji_counts_as_long_as_it_is_on_any_message_of_an_answer(tavern: Tavern) -> None:
    """Taking it off one takes nothing back, taking it off the last does, in whatever order it is told."""
    scattered = Scattered(tavern)
    await scattered.give()
    assert await scattered.mark("one", "👍") is Verdict.UP
    late = tavern.reaction("two", "👍")
    gone = tavern.reaction("one", "👍", added=False)
    assert await scattered.take(gone) is None
    assert await scattered.take(late) is Verdict.UP
    assert await scattered.mark("one", "👍") is Verdict.UP
    assert await scattered.mark("two", "👍", added=False) is Verdict.UP
    assert await scattered.mark("one", "👍", added=False) is None


async def test_generated_text_is_given_again_only_once_verified(tavern: Tavern) -> None:
    """Two who like it are not enough, a third is; who takes it back takes it back."""
    first = await tavern.ask(QUESTION)
    for person in (ANA, BEN):
        await tavern.judge(first, Verdict.UP, person)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION)).badge is None
    await tavern.judge(first, Verdict.UP, CLEO)
    await tavern.rerank()
    again = await tavern.ask(IN_OTHER_WORDS)
    assert again.badge
    assert (again.badge.helpful, again.badge.author) == (3, None)
    assert again.citations == first.citations
    await tavern.judge(first, Verdict.UP, CLEO, withdrawn=True)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION)).badge is None


async def test_one_curator_is_enough_and_may_change_their_mind(tavern: Tavern) -> None:
    """A curator's 👍 verifies alone, and taking it back undoes it."""
    learning = LearningSettings(curators=(CLEO.id,))
    tavern.settings = tavern.settings.model_copy(update={"learning": learning})
    tavern.assistant = tavern.new_assistant()
    first = await tavern.ask(QUESTION)
    for verdict, withdrawn, then in [
        (Verdict.UP, False, Standing.VERIFIED),
        (Verdict.UP, True, Standing.CANDIDATE),
        (Verdict.DOWN, False, Standing.RETIRED),
        (Verdict.DOWN, True, Standing.CANDIDATE),
    ]:
        await tavern.judge(first, verdict, CLEO, withdrawn=withdrawn)
        await tavern.rerank()
        assert await standing_of(tavern, first.id) is then


async def test_i_dont_know_is_never_learned(tavern: Tavern) -> None:
    """However many find "I don't know" honest, it is not given again."""
    unknown = await tavern.ask("Who invented zippers?")
    for person in (ANA, BEN, CLEO):
        await tavern.judge(unknown, Verdict.UP, person)
    await tavern.rerank()
    assert await standing_of(tavern, unknown.id) is Standing.CANDIDATE


async def test_a_changed_source_makes_its_answers_stale_for_good(tavern: Tavern) -> None:
    """Verified yesterday, withdrawn with the source; neither re-rank nor curator brings it back."""
    learning = LearningSettings(curators=(CLEO.id,))
    tavern.settings = tavern.settings.model_copy(update={"learning": learning})
    tavern.assistant = tavern.new_assistant()
    first = await tavern.ask(QUESTION)
    await tavern.judge(first, Verdict.UP, CLEO)
    await tavern.rerank()
    tavern.source.held[0] = replace(KITCHEN, text="The kitchen closes at nine in the evening.")
    await tavern.read()
    assert await standing_of(tavern, first.id) is Standing.STALE
    await tavern.judge(first, Verdict.UP, BEN)
    await tavern.rerank()
    fresh = await tavern.ask(QUESTION)
    assert fresh.badge is None
    assert "nine" in fresh.text


async def test_the_same_log_gives_the_same_ratings(tavern: Tavern) -> None:
    """Two people's verdicts amount to the same in either order, to the bit."""
    one, other = await tavern.ask(QUESTION), await tavern.ask("How do I reset my password?")
    ups = [tavern.verdict(answer, Verdict.UP, person=ANA) for answer in (one, other)]
    downs = [tavern.verdict(answer, Verdict.DOWN, person=BEN) for answer in (one, other)]
    at = tavern.clock()
    for given_ in (ups[0], downs[0], downs[1], ups[1]):
        await tavern.assistant.on_verdict(replace(given_, at=at))
    await tavern.rerank()
    async with tavern.ledger.reading() as connection:
        rated = await load_ratings(connection, 1)
    assert rated[one.id] == rated[other.id]


class AwayRetriever(Retriever):
    """A retriever whose index is away."""

    async def seek(self, text: str, held: frozenset[str]) -> Sought:
        """Fail."""
        raise IndexUnavailableError("The memory is being rebuilt.")


async def test_a_correction_is_kept_while_the_index_is_away(tavern: Tavern) -> None:
    """What a person wrote is not lost; it only has no sources."""
    first = await tavern.ask(QUESTION)
    away = AwayRetriever(
        ledger=tavern.ledger,
        index=tavern.index,
        embedder=HashingEmbedder(),
        indexing=tavern.indexing,
        settings=tavern.settings.retrieval,
        kernel_width=0.15,
    )
    tavern.corrections._retriever = away
    await tavern.correct(first, KITCHEN.text)
    await tavern.rerank()
    again = await tavern.ask(QUESTION)
    assert (again.text, again.citations) == (KITCHEN.text, ())


async def test_a_correction_cites_what_supports_it(tavern: Tavern) -> None:
    """Where the documents hold what a person wrote, they are named, and bind its life."""
    await tavern.correct(await tavern.ask(QUESTION), "The kitchen closes at ten.")
    await tavern.rerank()
    again = await tavern.ask(QUESTION)
    assert [one.title for one in again.citations] == ["Kitchen"]


# -- who may read what was learned ---------------------------------------------------------------


async def test_what_the_cellar_learned_stays_in_the_cellar(tavern: Tavern) -> None:
    """A correction to a private conversation's answer is never shown in public, in any form."""
    await tavern.correct(await tavern.ask(QUESTION, place=CELLAR), BETTER)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION, place=CELLAR)).text == BETTER
    public = await tavern.ask(QUESTION, place=HALL)
    assert BETTER not in public.text
    assert public.badge is None
    assert tavern.model.prompts[-1].guidance == ()
    attic = Conversation(platform="test", key="attic", public=False)
    assert BETTER not in (await tavern.ask(QUESTION, place=attic)).text


async def test_what_everyone_learned_is_known_in_the_cellar(tavern: Tavern) -> None:
    """Public knowledge is given in private too, and what is said of it there is private."""
    await tavern.correct(await tavern.ask(QUESTION), BETTER)
    await tavern.rerank()
    private = await tavern.ask(QUESTION, place=CELLAR)
    assert private.text == BETTER
    await tavern.correct(private, "Members get in until twelve.", ANA)
    await tavern.rerank()
    assert "twelve" not in (await tavern.ask(QUESTION)).text


async def test_a_source_that_became_secret_takes_its_answers_along(tavern: Tavern) -> None:
    """An answer that was learned in public is withheld once its source is for some only."""
    learning = LearningSettings(curators=(CLEO.id,))
    tavern.settings = tavern.settings.model_copy(update={"learning": learning})
    tavern.assistant = tavern.new_assistant()
    await tavern.judge(await tavern.ask(QUESTION), Verdict.UP, CLEO)
    await tavern.rerank()
    assert (await tavern.ask(QUESTION)).badge
    tavern.source.held[0] = replace(KITCHEN, audience=CELLAR.audience)
    await tavern.read()
    assert "ten" not in (await tavern.ask(QUESTION)).text
    assert "ten" in (await tavern.ask(QUESTION, place=CELLAR)).text


memberships = st.frozensets(st.sampled_from(["role:cook", "role:guard", "conversation:test:a"]))


@given(memberships, memberships, memberships)
@hypothesis(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_nobody_reads_what_is_not_for_them(
    tmp_path_factory: pytest.TempPathFactory,
    settings: Settings,
    clock: Clock,
    of_document: frozenset[str],
    held: frozenset[str],
    others: frozenset[str],
) -> None:
    """Whatever audiences there are: readers find a document and what was learned of it, or nothing."""
    ledger = Ledger(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('t') / 'ledger.sqlite'}")
    await ledger.open()
    tavern = memory_tavern(settings, ledger, HashingEmbedder(), clock)
    secret: Document = replace(KITCHEN, audience=Audience(of_document))
    tavern.source.held = [secret]
    await tavern.open()
    answer = await ask_as(tavern, held)
    assert bool(answer.citations) == (of_document <= held)
    await tavern.correct(answer, BETTER)
    await tavern.rerank()
    assert ((await ask_as(tavern, others)).text == BETTER) == (held <= others)
    await ledger.close()


class Place(Conversation):
    """A conversation whose readers hold given memberships."""

    @property
    def audience(self) -> Audience:
        """The readers, whose memberships stand in the name."""
        return Audience(frozenset(self.name.split()))


async def ask_as(tavern: Tavern, held: frozenset[str]) -> Answer:
    """Ask where everyone who reads along holds the memberships."""
    place = Place(platform="test", key="-".join(sorted(held)) or "all", name=" ".join(held))
    return await tavern.ask(QUESTION, place=place)
