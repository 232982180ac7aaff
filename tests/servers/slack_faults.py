"""What goes wrong with the Web API, by name, for the next calls of a method."""

from collections import defaultdict, deque
from dataclasses import dataclass

BEFORE = frozenset(
    {"429", "429 without a word", "500", "503", "html", "dropped before", "slow", "hangs"}
)
AFTER = frozenset({"dropped after", "cut"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault: a name of `BEFORE` or `AFTER` the effect, or else a Slack error code."""

    name: str
    seconds: float = 1.0

    @property
    def code(self) -> str:
        """The Slack error code that is answered, if the name is one."""
        return "" if self.name in BEFORE | AFTER else self.name


class WebFaults:
    """The faults that wait for calls: `next` for some calls, `always` until `clear`.

    "429" (Retry-After: `seconds`), "429 without a word" (no Retry-After), "500", "503", "html" (a
    proxy's page), "slow" (`seconds` late), "hangs" (no answer at all), "dropped before" and
    "dropped after" (connection cut before or after the effect), "cut" (half of the answer comes).
    Any other name is an error code of Slack's, such as "unknown_method" or "fatal_error".
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.taken: list[tuple[str, str]] = []
        """What went wrong so far: the method and the fault, in order."""
        self._next: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}

    def next(self, name: str, method: str = "*", *, times: int = 1, seconds: float = 1.0) -> None:
        """Let the next calls of a method ("*": of any) go wrong."""
        self._next[method].extend([Fault(name=name, seconds=seconds)] * times)

    def always(self, name: str, method: str = "*", *, seconds: float = 1.0) -> None:
        """Let every call of a method go wrong."""
        self._always[method] = Fault(name=name, seconds=seconds)

    def clear(self) -> None:
        """Let everything go well."""
        self._next.clear()
        self._always.clear()

    def take(self, method: str) -> Fault | None:
        """Return what goes wrong with this call, if anything."""
        waiting = self._next[method] or self._next["*"]
        fault = waiting.popleft() if waiting else None
        fault = fault or self._always.get(method) or self._always.get("*")
        if fault is not None:
            self.taken.append((method, fault.name))
        return fault
