"""Interactions in the loopback Discord: commands, buttons and modals, which must be answered in time."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.servers.discord_components import check_modal
from tests.servers.discord_events import Announcer
from tests.servers.discord_permissions import allowed
from tests.servers.discord_post import (
    COMMAND,
    DIRECT,
    EPHEMERAL,
    JSON,
    LOADING,
    NO_EMBEDS,
    V2,
    Channel,
    DiscordError,
    Post,
    User,
    unknown,
)
from tests.servers.discord_rest import Answered, Call, Route
from tests.servers.discord_world import World
from tests.servers.discord_writing import Writing

TYPED, PRESSED, COMPLETED, SUBMITTED = 2, 3, 4, 5
SAY, DEFER, DEFER_CHANGE, CHANGE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
DEADLINE, LIFE = 3.0, 900.0


@dataclass(eq=False, kw_only=True)
class Used:
    """One interaction: who used what where, and what the bot answered to it."""

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    data: JSON
    created: float
    post: Post | None = None
    """What was pressed on."""
    answered: int | None = None
    """How the bot answered at first: one of `SAY` … `MODAL`; None as long as it has not."""
    original: Post | None = None
    modal: JSON | None = None
    choices: list[JSON] = field(default_factory=list)
    followups: list[Post] = field(default_factory=list)

    @property
    def loading(self) -> bool:
        """Whether somebody looks at "is thinking…"."""
        return self.original is not None and bool(self.original.flags & LOADING)


class Interactions:
    """Tells the bot of interactions, and takes its answers."""

    def __init__(self, world: World, announcer: Announcer, writing: Writing) -> None:
        """Take what there is, whom to tell, and who takes what the bot writes."""
        self._world = world
        self._announcer = announcer
        self._writing = writing
        self.deadline = DEADLINE
        self.life = LIFE
        self.all_shown: list[Used] = []
        """Those that opened a modal."""
        self.shown: Callable[[Used], None] = self.all_shown.append
        """Is told when a modal opens."""
        self.all: list[Used] = []

    def routes(self) -> Mapping[str, Route]:
        """Return the calls by name; the token in the path is all that they need."""
        hook = "/webhooks/{application}/{token}"
        one = f"{hook}/messages/{{message}}"
        return {
            "POST /interactions/{interaction}/{token}/callback": Route(run=self._answer, open=True),
            f"POST {hook}": Route(run=self._follow, open=True),
            f"GET {one}": Route(run=self._get, open=True),
            f"PATCH {one}": Route(run=self._change, open=True),
            f"DELETE {one}": Route(run=self._delete, open=True),
        }

    # -- somebody uses something -----------------------------------------------------------------

    def use(
        self, kind: int, user: User, channel: Channel, data: JSON, post: Post | None = None
    ) -> Used:
        """Tell the bot what somebody used; with no gateway there, nobody hears it."""
        used = Used(
            id=self._world.new_id(),
            token=secrets.token_urlsafe(40),
            kind=kind,
            user=user,
            channel=channel,
            data=data,
            created=self._world.now(),
            post=post,
        )
        self.all.append(used)
        told = self._told(used)
        guild = channel.guild.id if channel.guild else None
        self._announcer.gateway.tell("INTERACTION_CREATE", lambda _: told, guild)
        return used

    def _told(self, used: Used) -> JSON:
        channel = used.channel
        may = allowed(channel, used.user.id)
        told: JSON = {
            "id": str(used.id),
            "application_id": str(self._world.application),
            "type": used.kind,
            "data": used.data,
            "token": used.token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": channel.json(self._world.bot.id) | {"permissions": str(may)},
            "app_permissions": str(allowed(channel, self._world.bot.id)),
            "locale": "en-US",
            "entitlements": [],
            "attachment_size_limit": 10485760,
            "context": 1 if channel.kind == DIRECT else 0,
        }
        if used.post is not None:
            told["message"] = self._announcer.message(used.post, content=True)
        if channel.guild is None:
            return told | {"user": used.user.json(), "authorizing_integration_owners": {"1": "0"}}
        key = str(channel.guild.id)
        member = channel.guild.members[used.user.id].json() | {"permissions": str(may)}
        guild: JSON = {"id": key, "locale": "en-US", "features": []}
        told |= {"guild_id": key, "guild": guild, "guild_locale": "en-US", "member": member}
        return told | {"authorizing_integration_owners": {"0": key}}

    # -- the bot answers -------------------------------------------------------------------------

    def _found(self, call: Call, key: str | None = None) -> Used:
        token = call.path["token"]
        found = next((one for one in self.all if one.token == token), None)
        if found is None or (key is not None and str(found.id) != key):
            raise unknown("Interaction" if key is not None else "Webhook")
        return found

    async def _answer(self, call: Call) -> Answered:
        used = self._found(call, call.path["interaction"])
        if self._world.now() - used.created > self.deadline:
            raise unknown("Interaction")
        if used.answered is not None:
            raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
        kind, data = int(call.body["type"]), call.body.get("data") or {}
        self._take(used, kind, data)
        used.answered = kind
        if call.query.get("with_response") not in {"1", "true"}:
            return None
        told: JSON = {"id": str(used.id), "type": used.kind}
        told |= {"activity_instance_id": None, "channel_id": str(used.channel.id)}
        told["response_message_loading"] = used.loading
        if used.original is not None:
            told["response_message_id"] = str(used.original.id)
            told["response_message_ephemeral"] = bool(used.original.flags & EPHEMERAL)
        resource: JSON = {"type": kind}
        if used.original is not None and kind in (SAY, DEFER, CHANGE):
            resource["message"] = self._json(used.original)
        return {"interaction": told, "resource": resource}

    def _take(self, used: Used, kind: int, data: JSON) -> None:
        on_message = used.kind == PRESSED or (used.kind == SUBMITTED and used.post is not None)
        if (kind in (DEFER_CHANGE, CHANGE) and not on_message) or (
            (kind == CHOICES) != (used.kind == COMPLETED)
        ):
            raise DiscordError(400, 50035, "Invalid Form Body")
        if kind in (SAY, DEFER):
            used.original = self._said(used, data, loading=kind == DEFER)
        elif kind == CHANGE and used.post is not None:
            self._writing.change(used.post, data)
            self._announcer.changed(used.post)
            used.original = used.post
        elif kind == DEFER_CHANGE:
            used.original = used.post
        elif kind == CHOICES:
            used.choices = data["choices"]
            if len(used.choices) > 25 or any(len(one["name"]) > 100 for one in used.choices):
                raise DiscordError(400, 50035, "Invalid Form Body")
        elif kind == MODAL:
            self._open(used, data)

    def _open(self, used: Used, data: JSON) -> None:
        if used.kind == SUBMITTED:
            raise DiscordError(400, 50035, "Invalid Form Body")
        check_modal(data)
        used.modal = data
        self.shown(used)

    def _said(self, used: Used, data: JSON, *, loading: bool = False) -> Post:
        """Let an answer stand: for all to see, or for one person."""
        flags = int(data.get("flags") or 0)
        hidden = flags & EPHEMERAL
        filled = {"content": "…"} if loading else data
        post = self._writing.composed(used.channel, filled)
        if loading:
            post.content, post.shown = "", []
        post.flags = flags & (EPHEMERAL | NO_EMBEDS | V2) | (LOADING if loading else 0)
        post.kind = COMMAND if used.kind == TYPED else 0
        post.webhook = self._world.application
        if hidden:
            post.only_for = used.user.id
            self._world.whispers.append(post)
        else:
            self._writing.keep(post)
        return post

    async def _follow(self, call: Call) -> Answered:
        used = self._living(call)
        if used.answered is None:
            raise unknown("Webhook")
        if used.original is not None and used.loading:
            self._fill(used.original, call.body)
            return self._json(used.original)
        post = self._said(used, call.body)
        used.followups.append(post)
        return self._json(post)

    def _living(self, call: Call) -> Used:
        used = self._found(call)
        if self._world.now() - used.created > self.life:
            raise DiscordError(401, 50027, "Invalid Webhook Token")
        return used

    def _fill(self, post: Post, given: JSON) -> None:
        """Let what was thought about be said; who sees it was decided when it was deferred."""
        post.flags &= ~LOADING
        self._writing.change(post, given)
        if not post.flags & EPHEMERAL:
            self._announcer.changed(post)

    def _post(self, call: Call) -> Post:
        used = self._living(call)
        key = call.path["message"]
        held = [*([used.original] if used.original else []), *used.followups]
        found = used.original if key == "@original" else None
        found = found or next((one for one in held if str(one.id) == key), None)
        if found is None or found.deleted:
            raise unknown("Message")
        return found

    async def _get(self, call: Call) -> Answered:
        return self._json(self._post(call))

    async def _change(self, call: Call) -> Answered:
        post = self._post(call)
        self._fill(post, call.body)
        return self._json(post)

    async def _delete(self, call: Call) -> Answered:
        post = self._post(call)
        post.deleted = True
        if not post.flags & EPHEMERAL:
            self._announcer.deleted(post)
        return None

    def _json(self, post: Post) -> JSON:
        return self._announcer.message(post, content=True)
