"""Sweeping: what was missed on the bot's posts while it was away. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.documents import content_hash
from core.messages import MessageRef, Reaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A place where an answer of ours stands, with the emoji that stand on it as far as is known."""

    ref: MessageRef
    thread: str | None
    answer_id: str
    at: datetime
    reactions: tuple[Reaction, ...] = ()


def missed(known: Sequence[Reaction], standing: Iterable[Reaction], at: datetime) -> list[Reaction]:
    """Return the reactions that bring what is known of a message to what stood on it at a time.

    `known` is the last that is known of each person and emoji, be it that it was taken off. What is
    known of a later time than the look stays as it is. Bots' emoji say nothing. Looking twice finds
    the same reactions, with the same identities.
    """
    last = {_key(one): one for one in known}
    there = {_key(one): one for one in standing if not one.person.bot}
    added = [one for key, one in there.items() if key not in last or not last[key].added]
    gone = [one for key, one in last.items() if one.added and key not in there]
    found = [_found(one, last.get(_key(one)), at, added=True) for one in added]
    found += [_found(one, one, at, added=False) for one in gone if not one.person.bot]
    return [one for one in found if _is_older(last.get(_key(one)), at)]


def _key(reaction: Reaction) -> tuple[str, str]:
    return reaction.person.id, reaction.emoji


def _is_older(known: Reaction | None, at: datetime) -> bool:
    return known is None or known.at < at


def _found(seen: Reaction, known: Reaction | None, at: datetime, *, added: bool) -> Reaction:
    """Return the event of a change that was missed, which is the same however often it is found."""
    since = known.at.isoformat() if known else ""
    told = content_hash(seen.ref.id, *_key(seen), str(added), since)
    return replace(seen, event_id=f"swept:{told}", added=added, at=at)
