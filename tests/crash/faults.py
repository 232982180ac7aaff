"""The death of a bot at a named point: its functions are wrapped, and one of them kills it."""

import functools
import importlib
import inspect
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from tests.crash.points import POINTS

OURS = ("core", "bot", "plugins", "tests.crash")
Names: TypeAlias = tuple[str, ...]
Wrapped: TypeAlias = Callable[..., Any]
Passes: TypeAlias = Callable[[Names], None]


class Fault:
    """Kills this process, without any notice, when one point is passed for the nth time."""

    def __init__(self, name: str | None = None, nth: int = 1) -> None:
        """Arm a point; None arms none."""
        self.passed: Counter[str] = Counter()
        self.arm(name, nth)

    def arm(self, name: str | None, nth: int) -> None:
        """Arm another point; passings count from now on."""
        self._name, self._left = name, nth

    def passes(self, name: str) -> None:
        """Say that a point is passed."""
        self.passed[name] += 1
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def instrument(fault: Fault) -> None:
    """Wrap every function that a point names; raise `LookupError` where there is none."""
    for where in dict.fromkeys(point.where for point in POINTS):
        holder, name, original = found(where)
        here = [point for point in POINTS if point.where == where]
        before = tuple(point.name for point in here if not point.after)
        after = tuple(point.name for point in here if point.after)
        wrapped = _wrapped(original, fault, before, after)
        if inspect.isclass(holder):
            setattr(holder, name, wrapped)
        else:
            _replace(original, wrapped)


def found(where: str) -> tuple[Any, str, Callable[..., Any]]:
    """Return the module or class that a place names, the function's name, and the function."""
    module, _, path = where.partition(":")
    holder: Any = importlib.import_module(module)
    *classes, name = path.split(".")
    for one in classes:
        holder = getattr(holder, one, None)
    original = getattr(holder, name, None)
    if original is None:
        raise LookupError(f"There is no {where}: give the point another place.")
    return holder, name, original


def _replace(original: Callable[..., Any], wrapped: Callable[..., Any]) -> None:
    """Put a wrapped function wherever a module of ours has imported the original by its name."""
    for module in [one for name, one in sys.modules.items() if name.startswith(OURS)]:
        for name, value in list(vars(module).items()):
            if value is original:
                setattr(module, name, wrapped)


def _wrapped(
    original: Callable[..., Any], fault: Fault, before: Names, after: Names
) -> Callable[..., Any]:
    """Return a function of the same kind that says when it is passed."""
    if inspect.iscoroutinefunction(original):
        kind = _coroutine
    elif inspect.isasyncgenfunction(original):
        kind = _generator
    elif inspect.isasyncgenfunction(getattr(original, "__wrapped__", None)):
        kind = _transaction
    else:
        kind = _function

    def passes(names: Names) -> None:
        for name in names:
            fault.passes(name)

    return functools.wraps(original)(kind(original, passes, before, after))


def _coroutine(original: Wrapped, passes: Passes, before: Names, after: Names) -> Wrapped:
    async def wrapped(*args: Any, **options: Any) -> Any:
        passes(before)
        returned = await original(*args, **options)
        passes(after)
        return returned

    return wrapped


def _generator(original: Wrapped, passes: Passes, before: Names, after: Names) -> Wrapped:
    async def wrapped(*args: Any, **options: Any) -> AsyncIterator[Any]:
        passes(before)
        async for one in original(*args, **options):
            yield one
        passes(after)

    return wrapped


def _function(original: Wrapped, passes: Passes, before: Names, after: Names) -> Wrapped:
    def wrapped(*args: Any, **options: Any) -> Any:
        passes(before)
        returned = original(*args, **options)
        passes(after)
        return returned

    return wrapped


def _transaction(original: Wrapped, passes: Passes, before: Names, after: Names) -> Wrapped:
    """Return a context manager whose points are passed at its end: before and after the commit."""

    @asynccontextmanager
    async def wrapped(*args: Any, **options: Any) -> AsyncIterator[Any]:
        async with original(*args, **options) as given:
            yield given
            passes(before)
        passes(after)

    return wrapped
