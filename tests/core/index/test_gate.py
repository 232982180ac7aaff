"""The gate between searches and flushes."""

import threading
from concurrent.futures import ThreadPoolExecutor

from core.index.gate import Gate


def test_searches_pass_together() -> None:
    """Two searches hold the gate at the same time."""
    gate = Gate()
    both = threading.Barrier(2, timeout=5)

    def search() -> int:
        with gate.together():
            return both.wait()

    with ThreadPoolExecutor(2) as pool:
        assert {future.result() for future in [pool.submit(search), pool.submit(search)]} == {0, 1}


def test_nothing_searches_beside_a_flush() -> None:
    """A search begins only after the flush ended, and a flush only after searches ended."""
    gate = Gate()
    inside: list[str] = []
    seen: list[list[str]] = []

    def search(_: int) -> None:
        with gate.together():
            inside.append("search")
            seen.append([*inside])
            inside.remove("search")

    with ThreadPoolExecutor(4) as pool:
        searches = [pool.submit(search, n) for n in range(200)]
        for _ in range(50):
            with gate.alone():
                assert inside == []
                inside.append("flush")
                inside.remove("flush")
        for future in searches:
            future.result()
    assert all("flush" not in moment for moment in seen)
    assert len(seen) == 200
