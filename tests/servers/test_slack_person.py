"""What people do in the loopback Slack reaches the real Bolt as Slack would send it."""

import pytest
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack import LoopbackSlack
from tests.servers.slack_person import Person
from tests.servers.slack_post import JSON, Channel, SlackError


async def test_a_command_is_answered_to_the_one_who_typed(
    slack: LoopbackSlack, app: AsyncApp, ana: Person, hall: Channel
) -> None:
    """By the acknowledgement and by its address, which is good for five uses."""
    statuses = []

    @app.command("/ask")
    async def asked(ack: AsyncAck, respond: AsyncRespond, command: JSON) -> None:
        await ack(f"Looking for {command['text']}")
        for number in range(6):
            told = await respond(f"{number}", response_type="ephemeral" if number else "in_channel")
            statuses.append(told.status_code)

    await ana.types("/ask the vault", hall)
    await slack.until(lambda: len(statuses) == 6)
    seen = [one.words for one in ana.whispers]
    assert sorted(seen) == ["1", "2", "3", "4", "Looking for the vault"]
    assert [one.words for one in slack.workspace.posts.values()] == ["0"]
    assert statuses == [200] * 5 + [404]
    assert slack.person("Ben").whispers == []


async def test_an_ephemeral_message_is_pressed_and_replaced(
    slack: LoopbackSlack, app: AsyncApp, ana: Person, hall: Channel, card: list[JSON]
) -> None:
    """Its press carries no content; only the press's address can change or remove it."""
    seen: list[JSON] = []

    @app.action("feedback")
    async def pressed(ack: AsyncAck, body: JSON, respond: AsyncRespond) -> None:
        await ack()
        seen.append(body)
        if len(seen) == 1:
            await respond("Done", blocks=card[1:], replace_original=True)
        else:
            await respond(delete_original=True)

    hall.members.add(ana.id)
    await app.client.chat_postEphemeral(channel=hall.id, user=ana.id, text="x", blocks=card)
    await ana.presses(ana.whispers[0], "Good")
    await slack.until(lambda: "By hand." not in ana.whispers[0].words)
    await ana.presses(ana.whispers[0], "feedback", "down:1")
    await slack.until(lambda: not ana.whispers)
    assert "message" not in seen[0]
    assert seen[0]["container"]["is_ephemeral"]


async def test_shortcuts_and_the_home_tab(
    slack: LoopbackSlack,
    app: AsyncApp,
    ana: Person,
    hall: Channel,
    events: list[JSON],
    card: list[JSON],
) -> None:
    """A shortcut brings its message along; a published home tab is seen and can be pressed."""

    @app.shortcut("save")
    @app.shortcut("anywhere")
    async def used(ack: AsyncAck) -> None:
        await ack()

    @app.event("app_home_opened")
    async def opened(client: AsyncWebClient, event: JSON) -> None:
        view = {"type": "home", "blocks": card[1:]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.action("feedback")
    async def pressed(ack: AsyncAck) -> None:
        await ack()

    said = await ana.says(hall, "It is in the vault.")
    await ana.uses("save", said)
    await ana.uses("anywhere")
    await ana.opens_home()
    await slack.until(lambda: ana.home)
    assert ana.home is not None
    delivery = await ana.presses(ana.home, "Good")
    assert delivery.acknowledged
    shortcut = next(one for one in events if one.get("callback_id") == "save")
    assert shortcut["message"]["text"] == "It is in the vault."


async def test_edits_deletions_and_reactions_are_told(
    slack: LoopbackSlack, app: AsyncApp, ana: Person, hall: Channel, events: list[JSON]
) -> None:
    """The first message of a thread with replies becomes a tombstone; others are deleted."""
    root = await ana.says(hall, "one")
    reply = await ana.says(hall, "two", thread=root)
    await ana.edits(reply, "three")
    await ana.reacts(reply, "thumbsdown")
    await ana.unreacts(reply, "thumbsdown")
    with pytest.raises(SlackError, match="no_reaction"):
        await ana.unreacts(reply, "thumbsdown")
    await ana.deletes(root)
    await ana.deletes(reply)
    await slack.settled()
    kinds = {one.get("subtype") or one["type"] for one in events}
    assert kinds >= {"message_changed", "message_deleted", "reaction_added", "reaction_removed"}
    changed = [one for one in events if one.get("subtype") == "message_changed"]
    assert {one["message"].get("subtype", "") for one in changed} == {"", "tombstone"}
    assert {one["previous_message"]["text"] for one in changed} == {"one", "two"}


async def test_who_comes_and_goes_is_told(
    slack: LoopbackSlack, app: AsyncApp, ana: Person, hall: Channel, events: list[JSON]
) -> None:
    """Members, names, privacy and archives: each has its event, and some a message besides."""
    await ana.joins(hall)
    await ana.leaves(hall)
    await ana.renames(hall, "lounge")
    await ana.makes(hall, "group")
    await ana.makes(hall, "channel")
    await ana.archives(hall)
    await ana.invites(slack.channel("new", bot=False))
    await ana.looks_at(hall)
    await ana.says(slack.dm(ana), "Hi")
    await ana.removes(hall)
    await slack.settled()
    kinds = {one.get("subtype") or one["type"] for one in events}
    assert kinds >= {
        "channel_join",
        "member_joined_channel",
        "channel_leave",
        "member_left_channel",
        "channel_name",
        "channel_rename",
        "channel_convert_to_private",
        "channel_convert_to_public",
        "channel_archive",
        "channel_deleted",
        "app_context_changed",
    }
    direct = next(one for one in events if one.get("channel_type") == "im")
    assert direct["app_context"]["entities"][0]["value"] == hall.id


async def test_other_bots_write_in_two_ways(
    slack: LoopbackSlack, app: AsyncApp, hall: Channel, events: list[JSON]
) -> None:
    """The old way has a subtype and no user; the new way has both a user and a bot id."""
    helper = slack.other_bot("Helper")
    await helper.says(hall, "old", legacy=True)
    await helper.says(hall, "new")
    await slack.settled()
    old, new = sorted(events, key=lambda one: one["ts"])
    assert (old["subtype"], "user" in old, new["user"]) == ("bot_message", False, helper.id)
    assert {old["bot_id"], new["bot_id"]} == {helper.user.bot_id}


async def test_what_does_not_happen_is_told_with_the_workspace(
    slack: LoopbackSlack, app: AsyncApp, ana: Person, hall: Channel
) -> None:
    """A test that waits in vain shows all that was said."""
    await ana.says(hall, "nobody answers")
    with pytest.raises(AssertionError, match="nobody answers"):
        await slack.until(lambda: False, seconds=0.05)
