"""What people press and write in Slack becomes events, stored before Slack is told so."""

import pytest
from sqlalchemy import text

from bot.sentences import ELSEWHERE, EMPTY, NOT_HERE, NOT_WRITTEN, OWN, UNCHANGED
from core.feedback import Choice, Correction, Decision, Feedback, Proposal, Reason, Verdict, Via
from core.ledger.ledger import Ledger
from core.ledger.modes import set_mode
from core.messages import Conversation, Message
from core.modes import Mode
from tests.bot.slack.conftest import Connect
from tests.bot.slack.test_intake import all_heard, break_ledger, heard, quiet
from tests.servers.slack import LoopbackSlack
from tests.servers.slack_interactions import elements
from tests.servers.slack_person import Person
from tests.servers.slack_post import Channel, Post, View
from tests.tavern import Tavern

QUESTION = "@Tavernkeep How do I reset my password?"
BETTER = "Ask Ben to reset it."


@pytest.fixture
def hall(slack: LoopbackSlack) -> Channel:
    """Return a public channel with the bot in it."""
    return slack.channel("hall")


@pytest.fixture
def ana(slack: LoopbackSlack, hall: Channel) -> Person:
    """Return somebody in the hall."""
    person = slack.person("Ana")
    hall.members.add(person.id)
    return person


@pytest.fixture
async def answer(slack: LoopbackSlack, hall: Channel, ana: Person, connect: Connect) -> Post:
    """Return a finished answer in a thread of the hall."""
    await connect()
    asked = await ana.says(hall, QUESTION)
    return await slack.answer(asked)


def answer_id(post: Post) -> str:
    """Return which answer a message is."""
    assert post.metadata is not None
    return str(post.metadata["event_payload"]["id"])


def button(action: str, value: str) -> dict[str, object]:
    """Return a button that does something to an answer."""
    said = {"type": "plain_text", "text": action}
    return {"type": "button", "action_id": action, "value": value, "text": said}


async def modal(slack: LoopbackSlack, person: Person) -> View:
    """Return the dialog that opens for somebody."""
    return await slack.until(lambda: person.modal)


async def whisper(slack: LoopbackSlack, person: Person, number: int = 1) -> Post:
    """Return what somebody alone is told."""
    await slack.until(lambda: len(person.whispers) >= number)
    return person.whispers[number - 1]


async def test_each_press_counts_and_the_last_wins(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Feedback buttons tell of every press and of no taking back."""
    await ana.presses(answer, "feedback", "positive")
    await ana.presses(answer, "feedback", "negative")
    up = await heard(slack, tavern, Feedback, 1)
    down = await heard(slack, tavern, Feedback, 2)
    assert [(one.verdict, one.via) for one in (up, down)] == [
        (Verdict.UP, Via.BUTTON),
        (Verdict.DOWN, Via.BUTTON),
    ]
    assert (up.answer_id, up.person.name) == (answer_id(answer), "Ana")


async def test_a_no_is_asked_for_its_reason(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Three reasons are one tap each, in the thread and seen by nobody else; then one is thanked."""
    await ana.presses(answer, "feedback", "negative")
    why = await whisper(slack, ana)
    assert why.thread == answer.thread
    await ana.presses(why, "Outdated")
    given = await heard(slack, tavern, Feedback, 2)
    assert (given.reason, given.via) == (Reason.OUTDATED, Via.REASON)
    await slack.until(lambda: "it is noted: outdated" in ana.whispers[-1].words)
    await ana.presses(ana.whispers[-1], "Fix it")
    assert (await modal(slack, ana)).body["callback_id"] == "fix_written"


async def test_a_thumb_down_is_asked_for_its_reason_too(
    slack: LoopbackSlack, ana: Person, answer: Post
) -> None:
    """An emoji is as good as a button."""
    await ana.reacts(answer, "thumbsdown")
    why = await whisper(slack, ana)
    assert (why.thread, "What was wrong?" in why.words) == (answer.thread, True)


async def test_a_press_that_is_not_stored_is_said_so(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """Nobody is thanked for what was lost."""
    await quiet(slack, tavern)
    await break_ledger(ledger, broken=True)
    await ana.presses(answer, "feedback", "negative")
    told = await whisper(slack, ana)
    await break_ledger(ledger, broken=False)
    assert "could not be taken" in told.words
    assert len(ana.whispers) == 1


@pytest.mark.parametrize("press", ["Helpful", "Wrong answer"])
async def test_a_press_that_names_no_answer_is_only_acknowledged(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post, press: str
) -> None:
    """What comes in is not trusted to be of the bot's own making."""
    await ana.presses(answer, "feedback", "negative")
    why = await whisper(slack, ana)
    await quiet(slack, tavern)
    for _, one in elements(why.blocks + answer.blocks):
        for button in (one, one.get("positive_button", {})):
            button["value"] = "nonsense"
    before = len(all_heard(tavern, Feedback))
    await ana.presses(answer if press == "Helpful" else why, press)
    await quiet(slack, tavern)
    assert len(all_heard(tavern, Feedback)) == before


async def test_a_better_answer_shows_what_it_changes_and_is_then_taken(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """The dialog begins with the answer, refuses it unchanged, shows the changes, and hands it in."""
    await ana.presses(answer, "Fix it")
    fix = await modal(slack, ana)
    assert "press Forgotten" in str(fix.body["blocks"])
    await ana.submits(fix)
    assert list(fix.errors.values()) == [UNCHANGED]
    await ana.submits(fix, {"text": BETTER})
    assert ana.modal is fix
    assert fix.body["title"]["text"] == "What changes"
    assert "'strike': True" in str(fix.body["blocks"])
    assert BETTER in str(fix.body["blocks"])
    assert all_heard(tavern, Correction) == []
    await ana.submits(fix)
    given = await heard(slack, tavern, Correction)
    assert (given.text, given.answer_id) == (BETTER, answer_id(answer))
    assert not slack.workspace.modals[ana.id]
    assert "Thank you" in (await whisper(slack, ana)).words


async def test_what_is_written_on_is_shown_once_more(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """Nothing is handed in whose changes were not seen, and nothing empty."""
    await ana.presses(answer, "Fix it")
    await ana.submits(await modal(slack, ana), {"text": BETTER})
    await ana.submits(await modal(slack, ana), {"text": f"{BETTER} Or wait."})
    assert all_heard(tavern, Correction) == []
    await ana.submits(await modal(slack, ana))
    assert (await heard(slack, tavern, Correction)).text == f"{BETTER} Or wait."


async def test_a_better_answer_that_is_not_stored_stays_in_the_dialog(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """What somebody wrote is not lost with the ledger: it can be handed in again."""
    await ana.presses(answer, "Fix it")
    await ana.submits(await modal(slack, ana), {"text": BETTER})
    fix = await modal(slack, ana)
    await quiet(slack, tavern)
    await break_ledger(ledger, broken=True)
    await ana.submits(fix)
    await break_ledger(ledger, broken=False)
    assert "could not be taken" in str(fix.errors)
    await ana.submits(fix)
    assert (await heard(slack, tavern, Correction)).text == BETTER


async def test_a_ledger_that_cannot_be_read_opens_nothing_and_loses_nothing(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post, ledger: Ledger
) -> None:
    """Whoever presses is told, and what is written already stays in its dialog."""
    await ana.presses(answer, "Fix it")
    fix = await modal(slack, ana)
    await quiet(slack, tavern)
    async with ledger.writing() as connection:
        await connection.execute(text("ALTER TABLE answers RENAME TO answers_gone"))
    await ana.submits(fix, {"text": BETTER})
    await ana.presses(answer, "Fix it")
    told = await whisper(slack, ana)
    async with ledger.writing() as connection:
        await connection.execute(text("ALTER TABLE answers_gone RENAME TO answers"))
    assert list(fix.errors.values()) == [NOT_WRITTEN]
    assert "cannot be read just now" in told.words


async def test_who_knows_what_the_bot_does_not_begins_with_nothing(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, hall: Channel, connect: Connect
) -> None:
    """There is no answer to change, so the better one is taken at once."""
    await connect()
    asked = await ana.says(hall, "@Tavernkeep Xyzzy plugh frotz?")
    unknown = await slack.answer(asked)
    await ana.presses(unknown, "I know the answer")
    await ana.submits(await modal(slack, ana), {"text": BETTER})
    assert (await heard(slack, tavern, Correction)).text == BETTER
    assert ana.modal is None


@pytest.mark.parametrize("action", ["fix", "afresh"])
async def test_of_an_answer_that_is_gone_nothing_can_be_done(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post, action: str
) -> None:
    """Whoever presses is told."""
    answer.blocks = [
        {
            "type": "actions",
            "block_id": "b",
            "elements": [
                {
                    "type": "button",
                    "action_id": action,
                    "value": "nothing",
                    "text": {"type": "plain_text", "text": "Press"},
                }
            ],
        }
    ]
    await ana.presses(answer, "Press")
    assert "gone" in (await whisper(slack, ana)).words
    assert ana.modal is None


async def test_an_answer_for_one_is_shared_with_all(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, hall: Channel, connect: Connect
) -> None:
    """What was asked by a command stands in the channel once its asker wants it to."""
    await connect()
    await ana.types("/ask How do I reset my password?", hall)
    private = await whisper(slack, ana)
    await ana.presses(private, "Share with the channel")
    decision = await heard(slack, tavern, Decision)
    assert decision.choice is Choice.PUBLISH
    posts = slack.workspace.posts.values()
    shared = await slack.until(lambda: [one for one in posts if one.user == "U0TAVERN"])
    assert "Forgotten" in shared[0].words
    await slack.until(lambda: "Shared with the channel." in ana.whispers[-1].words)


async def test_a_draft_is_published_edited_or_dismissed(
    slack: LoopbackSlack,
    tavern: Tavern,
    ledger: Ledger,
    ana: Person,
    hall: Channel,
    connect: Connect,
) -> None:
    """Whoever decides leaves their name on the draft, and nothing to press."""
    mods = slack.channel("mods", members=[ana])
    await connect(moderators=mods.id)
    place = Conversation(platform="slack", key=hall.id, name="hall")
    async with ledger.writing() as connection:
        await set_mode(connection, place, Mode.DRAFT, tavern.clock())

    def drafts() -> list[Post]:
        posts = slack.workspace.posts.values()
        return [one for one in posts if one.channel == mods.id]

    asked = [await ana.says(hall, QUESTION) for _ in range(3)]
    await slack.until(lambda: len(drafts()) == 3)
    published, edited, dismissed = drafts()
    await ana.presses(published, "Publish")
    await ana.presses(edited, "Edit")
    await ana.submits(await modal(slack, ana), {"text": " "})
    assert list((await modal(slack, ana)).errors.values()) == [EMPTY]
    await ana.submits(await modal(slack, ana), {"text": BETTER})
    await ana.presses(dismissed, "Dismiss")
    await slack.until(lambda: "Published by Ana." in published.words)
    await slack.until(lambda: "Published, edited, by Ana." in edited.words)
    await slack.until(lambda: "Dismissed by Ana." in dismissed.words)
    assert not any("'actions'" in str(one.blocks) for one in drafts())
    await quiet(slack, tavern)
    said = [len(slack.answers(one)) for one in asked]
    assert sorted(said) == [0, 1, 1]


async def test_what_cannot_be_decided_is_said_before_anything_looks_done(
    slack: LoopbackSlack,
    tavern: Tavern,
    ledger: Ledger,
    ana: Person,
    hall: Channel,
    connect: Connect,
) -> None:
    """Where answers wait for moderators nobody is told that theirs was shared."""
    await connect()
    place = Conversation(platform="slack", key=hall.id, name="hall")
    async with ledger.writing() as connection:
        await set_mode(connection, place, Mode.DRAFT, tavern.clock())
    await ana.types("/ask How do I reset my password?", hall)
    await ana.presses(await whisper(slack, ana), "Share with the channel")
    await slack.until(lambda: "its mode is" in ana.whispers[-1].words)
    assert not any("Shared with the channel." in one.words for one in ana.whispers)


async def test_a_message_is_saved_as_an_answer(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, hall: Channel, connect: Connect
) -> None:
    """The dialog asks which question it answers, and keeps who wrote it."""
    await connect()
    ben = slack.person("Ben")
    advice = await ben.says(hall, "@Ana the kitchen closes at nine on Sundays.")
    await ana.uses("save_answer", advice)
    save = await modal(slack, ana)
    await ana.submits(save, {"question": " "})
    assert save.errors == {"question": EMPTY}
    await ana.submits(save, {"question": "When does it close?", "answer-00": "At nine on Sundays."})
    saved = await heard(slack, tavern, Proposal)
    assert (saved.question, saved.text) == ("When does it close?", "At nine on Sundays.")
    assert (saved.person.name, saved.author.name, saved.ref.key) == ("Ana", "Ben", advice.ts)


async def test_a_pinned_message_without_a_question_is_asked_for_one(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, hall: Channel, connect: Connect
) -> None:
    """Whoever pinned it is shown the way to the dialog; nobody else sees that."""
    await connect()
    advice = await slack.person("Ben").says(hall, "The kitchen closes at nine on Sundays.")
    await ana.reacts(advice, "pushpin")
    told = await whisper(slack, ana)
    await ana.presses(told, "Write the question")
    await ana.submits(await modal(slack, ana), {"question": "When does it close?"})
    saved = await heard(slack, tavern, Proposal)
    assert saved.text == "The kitchen closes at nine on Sundays."


async def test_a_bots_message_is_no_answer_to_save(
    slack: LoopbackSlack, ana: Person, answer: Post
) -> None:
    """Generated text never poses as a person's answer."""
    await ana.uses("save_answer", answer)
    assert OWN in (await whisper(slack, ana)).words.replace("\n", " ")
    assert ana.modal is None


async def test_somebody_asks_about_a_message(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, hall: Channel, connect: Connect
) -> None:
    """The question carries the message, and its answer is shown to whoever asked alone."""
    await connect()
    puzzling = await slack.person("Ben").says(hall, "I reset my password yesterday.")
    await ana.uses("ask_about", puzzling)
    await ana.submits(await modal(slack, ana), {"text": "How is a password reset?"})
    asked = await heard(slack, tavern, Message, 2)
    assert asked.text.startswith("How is a password reset?\n\nAbout: I reset my password")
    assert (asked.private, asked.addressed) == (True, True)
    assert "Forgotten" in (await whisper(slack, ana)).words
    assert slack.answers(puzzling) == []


async def test_an_empty_question_is_refused(
    slack: LoopbackSlack, ana: Person, hall: Channel, connect: Connect
) -> None:
    """Blanks ask nothing."""
    await connect()
    puzzling = await slack.person("Ben").says(hall, "What?")
    await ana.uses("ask_about", puzzling)
    fields = await modal(slack, ana)
    await ana.submits(fields, {"text": " "})
    assert list(fields.errors.values()) == [EMPTY]


async def test_a_dialog_that_slack_does_not_open_is_logged(
    slack: LoopbackSlack, ana: Person, answer: Post, caplog: pytest.LogCaptureFixture
) -> None:
    """A press that came too late opens nothing, and breaks nothing."""
    slack.faults.next("expired_trigger_id", "views.open")
    await ana.presses(answer, "Fix it")
    await slack.until(lambda: "left undone" in caplog.text)
    assert ana.modal is None


async def test_drafts_are_decided_upon_among_moderators_alone(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, answer: Post
) -> None:
    """A press from elsewhere publishes nothing, whatever it is below."""
    answer.blocks = [
        {"type": "actions", "block_id": "b", "elements": [button(name, answer_id(answer))]}
        for name in ("publish", "edit_draft", "dismiss")
    ]
    for number, name in enumerate(("publish", "edit_draft", "dismiss"), 1):
        await ana.presses(answer, name)
        assert ELSEWHERE in (await whisper(slack, ana, number)).words
    await quiet(slack, tavern)
    assert all_heard(tavern, Decision) == []
    assert ana.modal is None


async def test_an_edited_draft_is_handed_in_among_moderators_alone(
    slack: LoopbackSlack, tavern: Tavern, ana: Person, hall: Channel, connect: Connect
) -> None:
    """A dialog that was opened elsewhere publishes nothing."""
    mods = slack.channel("mods", members=[ana])
    await connect(moderators=mods.id)
    draft = await slack.answer(await ana.says(mods, QUESTION))
    draft.blocks = [
        {"type": "actions", "block_id": "b", "elements": [button("edit_draft", answer_id(draft))]}
    ]
    await ana.presses(draft, "edit_draft")
    edit = await modal(slack, ana)
    edit.body["private_metadata"] = edit.body["private_metadata"].replace(mods.id, hall.id)
    await ana.submits(edit, {"text": BETTER})
    assert list(edit.errors.values()) == [ELSEWHERE]
    assert all_heard(tavern, Decision) == []


async def test_a_private_answer_opens_in_its_own_conversation_alone(
    slack: LoopbackSlack, ana: Person, answer: Post
) -> None:
    """Which answer a button is below is not taken at its word."""
    held = slack.channel("held", private=True, members=[ana])
    private = await slack.answer(await ana.says(held, QUESTION))
    await ana.presses(private, "Fix it")
    opened = await modal(slack, ana)
    await ana.closes(opened)
    answer.blocks = private.blocks
    await ana.presses(answer, "Fix it")
    assert NOT_HERE in (await whisper(slack, ana)).words
    assert ana.modal is None


async def test_a_pin_opens_only_what_its_conversation_holds(
    slack: LoopbackSlack,
    tavern: Tavern,
    ana: Person,
    hall: Channel,
    connect: Connect,
) -> None:
    """Neither another conversation's message, nor one that nobody knows they read."""
    await connect()
    ben, held = slack.person("Ben"), slack.channel("held", private=True)
    secret = await ben.says(held, "The code is 1234.")
    lone = await ben.says(hall, "The kitchen closes at nine on Sundays.")
    await ana.reacts(lone, "pushpin")
    told = await whisper(slack, ana)
    for _, one in elements(told.blocks):
        one["value"] = f"{held.id}:{secret.ts}"
    await ana.presses(told, "Write the question")
    await whisper(slack, ana, 2)
    assert ana.modal is None
    hall.kind = "group"
    await ben.says(hall, "Now we are among ourselves.")
    await quiet(slack, tavern)
    for _, one in elements(told.blocks):
        one["value"] = f"{hall.id}:{lone.ts}"
    slack.faults.next("fatal_error", "conversations.members")
    await ana.presses(told, "Write the question")
    assert NOT_HERE in (await whisper(slack, ana, 3)).words
    assert ana.modal is None


@pytest.mark.parametrize(
    ("shortcut", "field"), [("ask_about", "text"), ("save_answer", "question")]
)
async def test_a_dialog_stays_until_it_is_known_who_reads_along(
    slack: LoopbackSlack,
    ana: Person,
    hall: Channel,
    connect: Connect,
    shortcut: str,
    field: str,
) -> None:
    """What was written is handed in again, once Slack tells of the conversation."""
    adapter = await connect()
    puzzling = await slack.person("Ben").says(hall, "What?")
    await slack.settled()
    await adapter.stop()
    await connect()
    await ana.uses(shortcut, puzzling)
    fields = await modal(slack, ana)
    slack.faults.always("fatal_error", "conversations.info")
    await ana.submits(fields, {field: "Why?"})
    assert list(fields.errors.values()) == [NOT_WRITTEN]
