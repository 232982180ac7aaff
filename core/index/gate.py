"""A gate that many searches pass together and one rearrangement passes alone.

While Milvus Lite flushes, rows are for a moment in neither of the two places that a search looks
at; so a search must not run beside a flush, nor beside a reconnection.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Gate:
    """Searches go `together`; what goes `alone` waits for them, and new ones wait for it."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._searches = 0
        self._alone = False

    @contextmanager
    def together(self) -> Iterator[None]:
        """Hold the gate with any number of others of this kind."""
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._searches += 1
        try:
            yield
        finally:
            with self._changed:
                self._searches -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the gate with nobody else; only one thread may ask for this."""
        with self._changed:
            self._alone = True
            self._changed.wait_for(lambda: not self._searches)
        try:
            yield
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
