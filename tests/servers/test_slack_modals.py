"""What people fill in in the loopback Slack reaches the real Bolt as Slack would send it."""

import functools
from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack import LoopbackSlack
from tests.servers.slack_person import Person
from tests.servers.slack_post import JSON, Channel, View

ASK: JSON = {
    "type": "modal",
    "callback_id": "fix",
    "title": {"type": "plain_text", "text": "Fix it"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "b",
            "label": {"type": "plain_text", "text": "Better"},
            "element": {
                "type": "plain_text_input",
                "action_id": "better",
                "initial_value": "So far",
            },
        }
    ],
}


async def test_feedback_is_pressed_and_a_modal_is_filled_in(
    slack: LoopbackSlack, app: AsyncApp, ana: Person, hall: Channel, card: list[JSON]
) -> None:
    """The press carries the half's value, opens a prefilled modal, and the modal what was typed."""
    seen: list[Any] = []

    @app.action("feedback")
    async def pressed(ack: AsyncAck, action: JSON, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        seen.append((action["value"], body["message"]["ts"]))
        await client.views_open(trigger_id=body["trigger_id"], view=ASK)

    @app.view("fix")
    async def submitted(ack: AsyncAck, view: JSON) -> None:
        seen.append(view["state"]["values"]["b"]["better"]["value"])
        if len(seen) == 2:
            await ack(response_action="errors", errors={"b": "Too short"})
        else:
            await ack()

    posted = await app.client.chat_postMessage(channel=hall.id, text="By hand.", blocks=card)
    post = slack.workspace.post(hall.id, posted["ts"])
    await ana.presses(post, "feedback", "negative")
    await slack.until(lambda: ana.modal)
    await ana.submits(ana.modal)
    assert ana.modal is not None
    assert ana.modal.errors == {"b": "Too short"}
    await ana.submits(ana.modal, {"better": "By foot."})
    assert ana.modal is None
    assert seen == [("down:1", post.ts), "So far", "By foot."]
    with pytest.raises(AssertionError, match="no button"):
        await ana.presses(post, "feedback", "sideways")


async def test_a_trigger_lives_three_seconds_and_once(
    slack: LoopbackSlack, app: AsyncApp, ana: Person
) -> None:
    """A modal cannot be opened late, twice, or without a trigger."""
    trigger = slack.workspace.trigger(ana.id)
    await app.client.views_open(trigger_id=trigger, view=ASK)
    slack.workspace.trigger_seconds = 0.0
    late = slack.workspace.trigger(ana.id)
    codes = []
    for seconds, key in ((3.0, trigger), (0.0, late), (3.0, "1.2.x")):
        slack.workspace.trigger_seconds = seconds
        with pytest.raises(Exception, match="trigger_id") as refused:
            await app.client.views_open(trigger_id=key, view=ASK)
        codes.append(refused.value.response["error"])  # type: ignore[attr-defined]
    assert codes == ["exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"]


@pytest.mark.parametrize(
    "changed",
    [
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"submit": {"type": "mrkdwn", "text": "x"}},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"type": "window"},
        {"blocks": [{"type": "section"}]},
    ],
)
async def test_modals_have_limits(
    slack: LoopbackSlack, app: AsyncApp, ana: Person, changed: JSON
) -> None:
    """A modal whose frame or content breaks a limit is refused with a sentence."""
    with pytest.raises(Exception, match="invalid_arguments") as refused:
        await app.client.views_open(
            trigger_id=slack.workspace.trigger(ana.id), view={**ASK, **changed}
        )
    assert refused.value.response["response_metadata"]["messages"]  # type: ignore[attr-defined]


async def test_a_modal_is_changed_stacked_and_closed(
    slack: LoopbackSlack, app: AsyncApp, ana: Person
) -> None:
    """An update needs the right hash; a submission may push, update or clear."""
    answers: list[JSON] = [
        {"response_action": "push", "view": {**ASK, "callback_id": "fix"}},
        {"response_action": "update", "view": {**ASK, "private_metadata": "new"}},
        {"response_action": "clear"},
    ]

    @app.view("fix")
    async def submitted(ack: AsyncAck) -> None:
        await ack(answers.pop(0))

    opened = await app.client.views_open(trigger_id=slack.workspace.trigger(ana.id), view=ASK)
    key = opened["view"]["id"]
    with pytest.raises(Exception, match="hash_conflict"):
        await app.client.views_update(view_id=key, hash="1.1", view=ASK)
    await app.client.views_update(view_id=key, hash=opened["view"]["hash"], view=ASK)
    await ana.submits(ana.modal)
    assert len(slack.workspace.modals[ana.id]) == 2
    await ana.submits(ana.modal)
    assert ana.modal is not None
    assert ana.modal.body["private_metadata"] == "new"
    await ana.submits(ana.modal)
    assert ana.modal is None


INPUTS: list[JSON] = [
    {"type": "plain_text_input", "action_id": "text", "max_length": 5},
    {
        "type": "static_select",
        "action_id": "one",
        "options": [{"text": {"type": "plain_text", "text": "A"}, "value": "a"}],
    },
    {
        "type": "checkboxes",
        "action_id": "some",
        "options": [{"text": {"type": "plain_text", "text": "B"}, "value": "b"}],
    },
]


def asking(*inputs: JSON) -> JSON:
    """Return a modal that asks for several things, and tells when it is closed."""
    label = {"type": "plain_text", "text": "Say"}
    blocks = [{"type": "input", "label": label, "element": one} for one in inputs]
    return {**ASK, "blocks": blocks, "notify_on_close": True}


async def test_every_kind_of_input_can_be_filled_in(
    slack: LoopbackSlack, app: AsyncApp, ana: Person
) -> None:
    """What is required has to be there, what is too long cannot be typed, and closing is told."""
    seen: list[JSON] = []

    @app.view("fix")
    async def submitted(ack: AsyncAck, view: JSON) -> None:
        await ack()
        seen.append(view["state"]["values"])

    @app.view_closed("fix")
    async def closed(ack: AsyncAck) -> None:
        await ack()
        seen.append({})

    for _ in range(2):
        trigger = slack.workspace.trigger(ana.id)
        await app.client.views_open(trigger_id=trigger, view=asking(*INPUTS))
        with pytest.raises(AssertionError, match="required"):
            await ana.submits(ana.modal, {"text": "short"})
        with pytest.raises(AssertionError, match="no more"):
            await ana.submits(ana.modal, {"text": "longer"})
        with pytest.raises(AssertionError, match="nothing called"):
            await ana.submits(ana.modal, {"text": "short", "one": "a", "some": ["b"], "more": "x"})
        if not seen:
            await ana.submits(ana.modal, {"text": "short", "one": "a", "some": ["b"]})
    await ana.closes(ana.modal)
    await slack.until(lambda: len(seen) == 2)
    assert seen[0]["b1"]["one"]["selected_option"]["value"] == "a"
    assert seen[0]["b2"]["some"]["selected_options"][0]["value"] == "b"


def stacked(views: list[View], depth: int) -> bool:
    """Say whether so many modals lie on each other."""
    return len(views) == depth


async def test_a_second_modal_is_pushed_from_a_press_in_the_first(
    slack: LoopbackSlack, app: AsyncApp, ana: Person
) -> None:
    """Three may lie on each other; without a first one there is nothing to push on."""

    @app.action("more")
    async def pressed(ack: AsyncAck, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        await client.views_push(trigger_id=body["trigger_id"], view=first)

    text = {"type": "plain_text", "text": "More"}
    button = {"type": "button", "action_id": "more", "text": text, "value": "1"}
    first = {**ASK, "blocks": [{"type": "actions", "elements": [button]}]}
    await app.client.views_open(trigger_id=slack.workspace.trigger(ana.id), view=first)
    for depth in (2, 3):
        assert ana.modal is not None
        await ana.presses(ana.modal, "More")
        held = slack.workspace.modals[ana.id]
        await slack.until(functools.partial(stacked, held, depth))
    trigger = slack.workspace.trigger(ana.id, ana.modal)
    with pytest.raises(Exception, match="push_limit_reached"):
        await app.client.views_push(trigger_id=trigger, view=first)
    with pytest.raises(Exception, match="no_existing_view"):
        await app.client.views_push(trigger_id=slack.workspace.trigger(ana.id), view=first)
