"""The commands that a bot has registered with the loopback Discord."""

import re
from collections.abc import Mapping

from tests.servers.discord_post import JSON, invalid
from tests.servers.discord_rest import Answered, Call, Route
from tests.servers.discord_world import World

CHAT, USER_MENU, MESSAGE_MENU = 1, 2, 3
PATH = "/applications/{application}/commands"


class Commands:
    """Keeps what can be typed after a slash, and the menus."""

    def __init__(self, world: World) -> None:
        """Begin with none."""
        self._world = world
        self.held: list[JSON] = []
        self.sets = 0
        """How many times they were set."""

    def routes(self) -> Mapping[str, Route]:
        """Return the calls by name."""
        return {f"GET {PATH}": Route(run=self._get), f"PUT {PATH}": Route(run=self._set)}

    async def _get(self, call: Call) -> Answered:
        return list(self.held)

    async def _set(self, call: Call) -> Answered:
        given: list[JSON] = call.body
        _check(given)
        self.held = [self._kept(one) for one in given]
        self.sets += 1
        return list(self.held)

    def _kept(self, given: JSON) -> JSON:
        """Return what becomes of a command: null is as good as left out, and Discord fills it in."""
        made: JSON = {
            "id": str(self._world.new_id()),
            "application_id": str(self._world.application),
            "version": str(self._world.new_id()),
            "type": CHAT,
            "description": "",
            "default_member_permissions": None,
            "nsfw": False,
            "integration_types": [0],
            "contexts": None,
            "dm_permission": True,
        }
        return made | {name: value for name, value in given.items() if value is not None}

    def typed(self, line: str) -> JSON:
        """Return what is sent when somebody types a command: all after its name is its one text."""
        name, _, rest = line.removeprefix("/").partition(" ")
        command = self._found(name, CHAT)
        data = self._begun(command)
        if command.get("options") and rest:
            option = command["options"][0]
            data["options"] = [{"type": 3, "name": option["name"], "value": rest}]
        return data

    def menu(self, name: str, kind: int, target: int) -> JSON:
        """Return what is sent when somebody chooses from the menu of a message or a person."""
        return self._begun(self._found(name, kind)) | {"target_id": str(target)}

    def _begun(self, command: JSON) -> JSON:
        return {"id": command["id"], "name": command["name"], "type": command["type"]}

    def _found(self, name: str, kind: int) -> JSON:
        held = [one for one in self.held if one["type"] == kind]
        found = next((one for one in held if one["name"] == name), None)
        assert found is not None, f"no command {name!r} among {[one['name'] for one in held]}"
        return found


def _check(given: list[JSON]) -> None:
    """Raise what Discord refuses commands with."""
    for kind, most in ((CHAT, 100), (USER_MENU, 15), (MESSAGE_MENU, 15)):
        names = [one["name"] for one in given if one.get("type", CHAT) == kind]
        if len(names) > most:
            raise invalid("commands", "BASE_TYPE_MAX_LENGTH", f"at most {most}")
        if len(set(names)) < len(names):
            told = "Application command names must be unique"
            raise invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", told)
    for one in given:
        named = r"[-_'\w]{1,32}" if one.get("type", CHAT) == CHAT else r".{1,32}"
        if not re.fullmatch(named, one["name"]):
            raise invalid("name", "STRING_TYPE_REGEX", "no name for a command")
        if one.get("type", CHAT) == CHAT and not 1 <= len(one.get("description") or "") <= 100:
            raise invalid("description", "BASE_TYPE_BAD_LENGTH", "between 1 and 100")
