"""Gating: what is for the bot and who sees the answer, case by case."""

from dataclasses import replace

import pytest

from core.answers import Answer, Origin, Placement, Standing, badge_of
from core.gating import Rules, Way, is_called, is_grounded, is_sure, rules_of, way_of
from core.messages import Conversation, Message, Person
from core.modes import Facts, Mode
from core.settings import Settings
from tests.doubles import NOON, answer, message

RULES = Rules(unasked=2)
DIRECT = Conversation(platform="room", key="d", direct=True, public=False)
CELLAR = Conversation(platform="room", key="c", public=False)
CHAT = Facts(mode=Mode.MENTION)
THREAD = Facts(mode=Mode.MENTION, inside=True, last_to="room:ann")
OTHERS = Facts(mode=Mode.MENTION, inside=True, last_to=None)
ASK = "When does the kitchen close?"


def asked(text: str = ASK, thread: str | None = None, **changes: object) -> Message:
    """Return a message of Ann's, in a thread or not."""
    return replace(message(text=text), thread=thread, **changes)  # type: ignore[arg-type]  # the fields' types differ


MENTION, FOLLOW = asked(addressed=True), asked("and on Windows", "m0")
PRIVATE = asked(addressed=True, private=True)
ROBOT = Person(platform="room", key="robot", name="Robot", bot=True)

CASES = [
    # who is asked, wherever the mode does not say otherwise
    ("chat", asked(), CHAT, None),
    ("mention", MENTION, CHAT, Way.OPENLY),
    ("mention of others too", asked(addressed=True, to_others=True), CHAT, Way.OPENLY),
    ("a bot's mention", asked(addressed=True, person=ROBOT), CHAT, None),
    ("a bot in direct", asked(person=ROBOT, conversation=DIRECT), CHAT, None),
    ("direct", asked(conversation=DIRECT), CHAT, Way.OPENLY),
    ("direct, whatever the mode", asked(conversation=DIRECT), Facts(mode=Mode.OFF), Way.OPENLY),
    ("private", PRIVATE, CHAT, Way.TO_ASKER),
    ("private where it is off", PRIVATE, Facts(mode=Mode.OFF), Way.TO_ASKER),
    ("private in direct", replace(PRIVATE, conversation=DIRECT), CHAT, Way.TO_ASKER),
    # follow-ups
    ("follow-up", FOLLOW, THREAD, Way.OPENLY),
    ("outside of threads", asked("and on Windows"), THREAD, None),
    ("a thread without the bot", FOLLOW, CHAT, None),
    ("somebody else spoke", FOLLOW, OTHERS, None),
    ("the bot spoke to another", FOLLOW, replace(THREAD, last_to="room:bob"), None),
    ("meant for others", replace(FOLLOW, to_others=True), THREAD, None),
    ("called by name", asked("Tavernkeep, and on Mac", "m0"), OTHERS, Way.OPENLY),
    ("called, and others named", asked("Tavernkeep, ask", "m0", to_others=True), OTHERS, None),
    ("the last turn unasked", FOLLOW, replace(THREAD, unasked=1), Way.OPENLY),
    ("too many turns unasked", FOLLOW, replace(THREAD, unasked=2), None),
    ("called too often", asked("Tavernkeep, and", "m0"), replace(THREAD, unasked=2), None),
    ("mentioned all the same", MENTION, replace(THREAD, unasked=9), Way.OPENLY),
    ("thanks", asked("thanks a lot!", "m0"), THREAD, None),
    ("thanks to it", asked("Thank you, Tavernkeep!", "m0"), THREAD, None),
    ("a picture alone", asked("  ", "m0"), THREAD, None),
    # silence
    ("silenced thread", FOLLOW, replace(THREAD, silenced=True), None),
    ("silenced, called", asked("Tavernkeep?", "m0"), replace(OTHERS, silenced=True), None),
    ("silenced, mentioned", MENTION, Facts(mode=Mode.MENTION, silenced=True), Way.OPENLY),
    ("silenced, auto", asked(), Facts(mode=Mode.AUTO, silenced=True), None),
    # modes
    ("off, mentioned", MENTION, Facts(mode=Mode.OFF), Way.SWITCHED_OFF),
    ("off, follow-up", FOLLOW, replace(THREAD, mode=Mode.OFF), None),
    ("off, command", asked("/mode mention", addressed=True), Facts(mode=Mode.OFF), Way.OPENLY),
    ("suggest, mentioned", MENTION, Facts(mode=Mode.SUGGEST), Way.TO_ASKER),
    ("suggest, follow-up", FOLLOW, replace(THREAD, mode=Mode.SUGGEST), Way.TO_ASKER),
    ("suggest, command", asked("/help", addressed=True), Facts(mode=Mode.SUGGEST), Way.OPENLY),
    ("suggest, chat", asked(), Facts(mode=Mode.SUGGEST), None),
    ("draft, mentioned", MENTION, Facts(mode=Mode.DRAFT), Way.BY_MODERATORS),
    (
        "draft, a cellar",
        replace(MENTION, conversation=CELLAR),
        Facts(mode=Mode.DRAFT),
        Way.TO_ASKER,
    ),
    ("draft, private", PRIVATE, Facts(mode=Mode.DRAFT), Way.TO_ASKER),
    ("draft, chat", asked(), Facts(mode=Mode.DRAFT), None),
    ("auto, mentioned", MENTION, Facts(mode=Mode.AUTO), Way.OPENLY),
    ("auto, follow-up", FOLLOW, replace(THREAD, mode=Mode.AUTO), Way.OPENLY),
    ("auto, a question", asked(), Facts(mode=Mode.AUTO), Way.IF_SURE),
    ("auto, no question", asked("Lovely weather."), Facts(mode=Mode.AUTO), None),
    ("auto, to others", asked(to_others=True), Facts(mode=Mode.AUTO), None),
    ("auto, in a thread", asked(thread="m0"), replace(OTHERS, mode=Mode.AUTO), None),
]


@pytest.mark.parametrize(
    ("said", "facts", "way"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_who_is_answered_and_how(said: Message, facts: Facts, way: Way | None) -> None:
    """The table is the rule."""
    assert way_of(said, facts, RULES) is way


@pytest.mark.parametrize(
    ("way", "placement", "unseen"),
    [
        (Way.OPENLY, Placement.THREAD, False),
        (Way.IF_SURE, Placement.THREAD, True),
        (Way.TO_ASKER, Placement.ASKER, False),
        (Way.SWITCHED_OFF, Placement.ASKER, False),
        (Way.BY_MODERATORS, Placement.MODERATORS, True),
    ],
)
def test_every_way_has_its_place(way: Way, placement: Placement, unseen: bool) -> None:
    """What is not for everybody is not streamed before everybody."""
    assert (way.placement, way.unseen) == (placement, unseen)


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("Tavernkeep, and on Windows?", True),
        ("hey tavernkeep: again please", True),
        ("@Tavernkeep why", True),
        ("I asked Tavernkeep", False),
        ("Tavernkeepers unite", False),
        ("Tavernkeep's documents are old", False),
    ],
)
def test_a_name_calls_where_it_begins_the_text(text: str, called: bool) -> None:
    """Talking of the bot is not talking to it."""
    assert is_called(text, "Tavernkeep") is called
    assert not is_called(text, " ")


# -- being sure ----------------------------------------------------------------------------------

QUOTED = replace(
    answer(origin=Origin.QUOTED), text="From **Kitchen**:\n\nIt closes at ten. [1]", score=0.7
)
AGAIN = replace(answer(), badge=badge_of(answer(standing=Standing.VERIFIED), 3, NOON))


@pytest.mark.parametrize(
    ("given", "sure"),
    [
        (QUOTED, True),
        (replace(QUOTED, score=0.59), False),
        (replace(QUOTED, score=None), False),
        (replace(QUOTED, text="It closes at ten."), False),
        (replace(QUOTED, notice="Claude is busy."), False),
        (replace(QUOTED, origin=Origin.UNKNOWN), False),
        (replace(QUOTED, origin=Origin.COMMAND), False),
        (AGAIN, True),
        (replace(AGAIN, badge=badge_of(answer(standing=Standing.TRIAL), 3, NOON)), False),
    ],
)
def test_the_bot_is_sure_of_what_is_verified_or_well_supported(given: Answer, sure: bool) -> None:
    """A score well above the floor, sources throughout and no notice; or people's word for it."""
    assert is_sure(given, 0.6) is sure


@pytest.mark.parametrize(
    ("text", "grounded"),
    [
        ("It closes at ten. [1]", True),
        ("It closes at ten [1], on Sundays at nine [2].", True),
        ("It closes at ten. [1] Or so.", False),
        ("It closes at ten. [1]\n\nSo they say.", False),
        ("# Hours\n\nDo this:\n\n- go in [1]\n- go out [2]", True),
        ("# Hours\nnobody knows", False),
        ("Run it:\n\n```sh\nmake\n\nmake run\n```\n[1]", True),
        ("Run it:\n\n```sh\nmake\n```", False),
        ("", False),
    ],
)
def test_grounded_is_what_ends_each_paragraph_with_its_source(text: str, grounded: bool) -> None:
    """Headings, lead-ins and code need no mark of their own."""
    assert is_grounded(text) is grounded


def test_the_rules_are_set_in_the_settings(settings: Settings) -> None:
    """The defaults of both are the same."""
    assert rules_of(settings) == Rules()
