"""What Slack sends when somebody presses, submits, uses a shortcut or types a command."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.servers.slack_post import APP, JSON, TEAM, Channel, Post, User, View
from tests.servers.slack_responses import ResponseUrls
from tests.servers.slack_workspace import Workspace

CHOICES = {"radio_buttons", "static_select", "overflow"}


def elements(blocks: list[JSON]) -> Iterator[tuple[str, JSON]]:
    """Yield what can be pressed or filled in, each with its block's id."""
    for block in blocks:
        held = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for one in held:
            if isinstance(one, dict) and one.get("action_id"):
                yield block.get("block_id", ""), one


def presses(blocks: list[JSON]) -> Iterator[tuple[str, JSON, JSON]]:
    """Yield every button: its label, what an action says of it, and its block's id with it."""
    for block_id, one in elements(blocks):
        base: JSON = {"action_id": one["action_id"], "block_id": block_id, "type": one["type"]}
        if one["type"] == "feedback_buttons":
            for half in ("positive_button", "negative_button"):
                button = one[half]
                yield button["text"]["text"], {**base, "value": button["value"]}, {"half": half}
        elif one["type"] in CHOICES:
            for option in one["options"]:
                yield option["text"]["text"], {**base, "selected_option": option}, {}
        elif "text" in one:
            held = {"value", "style", "url", "text"}
            kept = {key: value for key, value in one.items() if key in held}
            yield one["text"]["text"], {**base, **kept}, {}


def pressed(blocks: list[JSON], action: str, value: str | None) -> JSON:
    """Return the action of the one button that is meant, by action_id or label, and by value.

    The halves of feedback buttons are also meant by "positive" and "negative".
    """
    found = [
        said
        for label, said, more in presses(blocks)
        if action in {said["action_id"], label} and _meant(said, label, more, value)
    ]
    shown = [(one["action_id"], label, one.get("value")) for label, one, _ in presses(blocks)]
    assert found, f"there is no button {action!r} with {value!r} among {shown}"
    return found[0]


def _meant(said: JSON, label: str, more: JSON, value: str | None) -> bool:
    chosen = said.get("selected_option", {}).get("value")
    half = str(more.get("half", "")).partition("_")[0]
    return value is None or value in {said.get("value"), chosen, label, half}


class Interactions:
    """Writes the payloads."""

    def __init__(self, workspace: Workspace, urls: ResponseUrls) -> None:
        """Take who there is, and where addresses for answers come from."""
        self._workspace = workspace
        self._urls = urls

    def _by(self, kind: str, user: User, view: View | None = None) -> JSON:
        return {
            "type": kind,
            "user": {
                "id": user.id,
                "username": user.name.lower(),
                "name": user.name.lower(),
                "team_id": TEAM,
            },
            "api_app_id": APP,
            "token": "verification",
            "trigger_id": self._workspace.trigger(user.id, view),
            "team": {"id": TEAM, "domain": "tavern"},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _channel(self, post: Post) -> JSON:
        channel = self._workspace.channels[post.channel]
        return {"id": channel.id, "name": shown_name(channel)}

    def press(self, user: User, post: Post, action: JSON) -> JSON:
        """Return what is sent for a button in a message: of an ephemeral one, without its content."""
        container = {
            "type": "message",
            "message_ts": post.ts,
            "channel_id": post.channel,
            "is_ephemeral": bool(post.only_for),
        }
        sent = self._by("block_actions", user) | {
            "container": container,
            "channel": self._channel(post),
            "state": {"values": {}},
            "response_url": self._urls.new(user.id, post.channel, post),
            "actions": [{**action, "action_ts": self._workspace.new_ts()}],
        }
        if not post.only_for:
            container |= {"thread_ts": post.thread} if post.thread else {}
            sent["message"] = post.json()
        return sent

    def press_in_view(self, user: User, view: View, action: JSON) -> JSON:
        """Return what is sent for a button in a modal or on a home tab."""
        return self._by("block_actions", user, view) | {
            "container": {"type": "view", "view_id": view.id},
            "view": view.json(),
            "actions": [{**action, "action_ts": self._workspace.new_ts()}],
        }

    def submission(self, user: User, view: View, given: Mapping[str, Any]) -> JSON:
        """Return what is sent for a modal that was filled in."""
        return self._by("view_submission", user, view) | {
            "view": view.json() | {"state": {"values": filled(view, given)}},
            "response_urls": [],
        }

    def closing(self, user: User, view: View) -> JSON:
        """Return what is sent for a modal that was closed."""
        return self._by("view_closed", user) | {"view": view.json(), "is_cleared": False}

    def shortcut(self, user: User, callback: str, post: Post | None) -> JSON:
        """Return what is sent for a shortcut: on a message, or from anywhere."""
        kind = "shortcut" if post is None else "message_action"
        sent = self._by(kind, user) | {
            "callback_id": callback,
            "action_ts": self._workspace.new_ts(),
        }
        if post is not None:
            sent |= {"message": post.json(), "message_ts": post.ts, "channel": self._channel(post)}
            sent |= {"response_url": self._urls.new(user.id, post.channel)}
        return sent

    def command(self, user: User, line: str, channel: Channel) -> JSON:
        """Return what is sent for a typed command."""
        name, _, text = line.partition(" ")
        return {
            "token": "verification",
            "team_id": TEAM,
            "team_domain": "tavern",
            "channel_id": channel.id,
            "channel_name": shown_name(channel),
            "user_id": user.id,
            "user_name": user.name.lower(),
            "command": name,
            "text": text.strip(),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._urls.new(user.id, channel.id),
            "trigger_id": self._workspace.trigger(user.id),
        }


def shown_name(channel: Channel) -> str:
    """Return what payloads call a conversation, which tells the name of public ones only."""
    hidden = {"im": "directmessage", "group": "privategroup"}
    return hidden.get(channel.kind, channel.name)


def filled(view: View, given: Mapping[str, Any]) -> JSON:
    """Return the state of a modal: what stood in it, and what somebody put there.

    That is named by action_id, or by block_id where several inputs share one.
    """
    values: JSON = {}
    left = dict(given)
    for block_id, one in elements(view.body["blocks"]):
        if one["type"] in {"button", "icon_button", "feedback_buttons"}:
            continue
        value = left.pop(block_id if block_id in left else one["action_id"], None)
        values.setdefault(block_id, {})[one["action_id"]] = state(one, value)
    assert not left, f"the modal asks for nothing called {sorted(left)}"
    for block in view.body["blocks"]:
        if block["type"] == "input" and not block.get("optional"):
            held = values[block["block_id"]][block["element"]["action_id"]]
            written = held.get("value") or held.get("selected_option")
            assert written or held.get("selected_options"), f"{block['label']['text']} is required"
    return values


def state(one: JSON, value: Any) -> JSON:
    """Return what one input holds."""
    if one["type"] == "plain_text_input":
        text = one.get("initial_value") if value is None else value
        if text is not None:
            assert len(text) <= one.get("max_length", 3000), "the input takes no more"
        return {"type": one["type"], "value": text or None}
    options = {option["value"]: option for option in one.get("options", [])}
    if one["type"] == "checkboxes":
        chosen = one.get("initial_options", []) if value is None else [options[it] for it in value]
        return {"type": one["type"], "selected_options": chosen}
    if one["type"] in CHOICES:
        picked = one.get("initial_option") if value is None else options[value]
        return {"type": one["type"], "selected_option": picked}
    return {"type": one["type"], "value": value}
