"""What goes wrong with calls to the loopback Discord, by name, for the next calls of a route."""

import re
from collections import deque
from dataclasses import dataclass, field

BEFORE = frozenset(
    {
        *("429", "429 global", "429 shared", "429 banned", "500", "502", "503", "html"),
        *("dropped before", "slow", "hangs"),
    }
)
AFTER = frozenset({"dropped after", "cut", "502 after", "slow after"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: a name of `BEFORE` or `AFTER` the effect, or "STATUS CODE" of Discord's."""

    name: str
    seconds: float = 0.05

    @property
    def refusal(self) -> tuple[int, int] | None:
        """The HTTP status and Discord's code that are answered, if the name says so."""
        found = re.fullmatch(r"(\d{3}) (\d+)", self.name)
        return (int(found[1]), int(found[2])) if found else None


@dataclass
class RestFaults:
    """The faults that wait for calls: `next` for some calls, `always` until `clear`.

    A route is named as in "POST /channels/{channel}/messages"; "*" is any; a part of it will do.
    "429" (`seconds` in retry_after), "429 global" (of all routes), "429 shared" (does not count as
    invalid), "429 banned" (Cloudflare's page), "500", "502", "503", "html" (a proxy's page), "slow"
    (`seconds` late), "hangs", "dropped before" and "dropped after" (the connection is cut before or
    after the effect), "502 after" (the effect, then an error), "slow after" (the effect, and an
    answer `seconds` late), "cut" (half of the answer comes), and "403 50013" or the like: that refusal.
    """

    taken: list[tuple[str, str]] = field(default_factory=list)
    """What went wrong so far: the route and the fault, in order."""
    _next: deque[tuple[str, Fault]] = field(default_factory=deque)
    _always: dict[str, Fault] = field(default_factory=dict)

    def next(self, name: str, route: str = "*", *, times: int = 1, seconds: float = 0.05) -> None:
        """Let the next calls of a route go wrong."""
        self._next.extend([(route, Fault(name=name, seconds=seconds))] * times)

    def always(self, name: str, route: str = "*", *, seconds: float = 0.05) -> None:
        """Let every call of a route go wrong."""
        self._always[route] = Fault(name=name, seconds=seconds)

    def clear(self) -> None:
        """Let everything go well."""
        self._next.clear()
        self._always.clear()

    def take(self, route: str) -> Fault | None:
        """Return what goes wrong with this call, if anything."""
        fault = self._waiting(route)
        if fault is None:
            standing = (one for wanted, one in self._always.items() if _fits(wanted, route))
            fault = next(standing, None)
        if fault is not None:
            self.taken.append((route, fault.name))
        return fault

    def _waiting(self, route: str) -> Fault | None:
        for waiting in self._next:
            if _fits(waiting[0], route):
                self._next.remove(waiting)
                return waiting[1]
        return None


def _fits(wanted: str, route: str) -> bool:
    return wanted == "*" or wanted in route
