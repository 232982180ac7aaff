"""views.* and assistant.threads.*: modals, home tabs, statuses, prompts, titles."""

import time

from tests.servers.slack_blocks import check_view
from tests.servers.slack_post import JSON, SlackError, View, wrong
from tests.servers.slack_web import Arguments, Method
from tests.servers.slack_workspace import Trigger, Workspace

MOST_PROMPTS = 4
MOST_LOADING = 10


class Views:
    """What people have open, and what is shown while the bot thinks."""

    def __init__(self, workspace: Workspace) -> None:
        """Take where it is kept."""
        self._workspace = workspace

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        write, thread = "assistant:write", ("channel_id", "thread_ts")
        return {
            "views.open": Method(run=self._open, needs=("trigger_id", "view")),
            "views.push": Method(run=self._push, needs=("trigger_id", "view")),
            "views.update": Method(run=self._update, needs=("view",)),
            "views.publish": Method(run=self._publish, needs=("user_id", "view")),
            "assistant.threads.setStatus": Method(run=self._status, scope=write, needs=thread),
            "assistant.threads.setSuggestedPrompts": Method(
                run=self._prompts, scope=write, needs=("channel_id", "prompts")
            ),
            "assistant.threads.setTitle": Method(
                run=self._title, scope=write, needs=(*thread, "title")
            ),
        }

    # -- modals and home tabs --------------------------------------------------------------------

    def _exchanged(self, key: str) -> Trigger:
        trigger = self._workspace.triggers.get(key)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if time.monotonic() - trigger.made > self._workspace.trigger_seconds:
            raise SlackError("expired_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        return trigger

    def made(self, user: str, body: JSON) -> View:
        """Return a new view of somebody's; raise what Slack would."""
        checked = check_view(body)
        return View(
            id=self._workspace.new_id("V"),
            user=user,
            body=checked,
            hash=self._workspace.new_ts(),
        )

    async def _open(self, given: Arguments) -> JSON:
        trigger = self._exchanged(given.text("trigger_id"))
        view = self.made(trigger.user, given["view"])
        trigger.used = True
        self._workspace.modals[trigger.user] = [view]
        return {"view": view.json()}

    async def _push(self, given: Arguments) -> JSON:
        trigger = self._exchanged(given.text("trigger_id"))
        held = self._workspace.modals.get(trigger.user, [])
        if trigger.view is None or not held:
            raise SlackError("no_existing_view")
        if len(held) >= 3:
            raise SlackError("push_limit_reached")
        view = self.made(trigger.user, given["view"])
        trigger.used = True
        held.append(view)
        return {"view": view.json()}

    async def _update(self, given: Arguments) -> JSON:
        key, external = given.text("view_id"), given.text("external_id")
        every = [view for stack in self._workspace.modals.values() for view in stack]
        found = [one for one in every if one.id == key or external == one.body.get("external_id")]
        if not (key or external) or not found:
            raise SlackError("not_found")
        view = found[0]
        if given.get("hash") and given["hash"] != view.hash:
            raise SlackError("hash_conflict")
        self.replace(view, given["view"])
        return {"view": view.json()}

    def replace(self, view: View, body: JSON) -> None:
        """Show another content in a view that is open."""
        view.body, view.hash, view.errors = check_view(body), self._workspace.new_ts(), {}

    async def _publish(self, given: Arguments) -> JSON:
        user = given.text("user_id")
        if user not in self._workspace.users:
            raise wrong("failed to match all allowed schemas [json-pointer:/user_id]")
        view = self.made(user, given["view"])
        if view.body["type"] != "home":
            raise wrong("must be a valid enum value [json-pointer:/view/type]")
        self._workspace.homes[user] = view
        return {"view": view.json()}

    # -- assistant threads -----------------------------------------------------------------------

    async def _status(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel_id"))
        thread = given.text("thread_ts")
        if (channel.id, thread) not in self._workspace.posts:
            raise SlackError("invalid_thread_ts")
        if "status" not in given:
            raise wrong("missing required field: status")
        if len(given.get("loading_messages") or []) > MOST_LOADING:
            raise wrong("no more than 10 items allowed [json-pointer:/loading_messages]")
        self._workspace.statuses.append((channel.id, thread, dict(given)))
        return {}

    async def _prompts(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel_id"))
        prompts = given["prompts"]
        if channel.kind != "im":
            raise SlackError("method_not_supported_for_channel_type")
        if not isinstance(prompts, list) or not 0 < len(prompts) <= MOST_PROMPTS:
            raise wrong(f"must have 1 to {MOST_PROMPTS} items [json-pointer:/prompts]")
        if any(not one.get("title") or not one.get("message") for one in prompts):
            raise wrong("missing required field: message [json-pointer:/prompts]")
        self._workspace.prompts[channel.id] = dict(given)
        return {}

    async def _title(self, given: Arguments) -> JSON:
        channel = self._workspace.channel(given.text("channel_id"))
        self._workspace.titles[channel.id, given.text("thread_ts")] = given.text("title")
        return {}
