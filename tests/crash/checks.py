"""What must be true after every restart; each violation is one sentence."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from tests.crash.platform import Platform
from tests.crash.reports import Report

SHOWN = 5  # of one kind; the history holds the rest


def lost_before_restart(platform: Platform, taken_in: Iterable[str]) -> list[str]:
    """Return the acknowledged events that the ledger does not hold, before anything is redelivered."""
    held = set(taken_in)
    return [
        f"{id_} was acknowledged and is lost"
        for id_, one in platform.deliveries.items()
        if one.acknowledged and held.isdisjoint(one.names)
    ]


def violations(platform: Platform, report: Report, pages: dict[str, str]) -> list[str]:
    """Return what is wrong with a bot that has seen through everything that it was sent."""
    kinds = (
        _events(platform, report),
        _posts(platform),
        _noted_posts(platform, report),
        _verdicts(platform, report),
        _corrections(platform, report),
        _texts(platform, report),
        _documents(report, pages),
        _index(report),
    )
    return [sentence for kind in kinds for sentence in islice(kind, SHOWN)]


def _events(platform: Platform, report: Report) -> Iterator[str]:
    """Every acknowledged event is in the inbox and had its effect."""
    for id_, one in platform.deliveries.items():
        held = [name for name in one.names if name in report.inbox]
        if one.acknowledged and not held:
            yield f"{id_} was acknowledged and is lost"
        for name in held:
            if not report.inbox[name]:
                yield f"{name} was taken in and is not handled"
            if name in report.failures and not _may_fail(platform, id_):
                yield f"{name} had no effect: {report.failures[name]}"


def _may_fail(platform: Platform, event_id: str) -> bool:
    """A question may have been taken away before its answer."""
    event = platform.deliveries[event_id].event
    said = platform.truth.messages.get(event.ref.id) if hasattr(event, "ref") else None
    return said is not None and said.deleted


def _posts(platform: Platform) -> Iterator[str]:
    """Every question has one answer, and nothing else is answered."""
    answers = Counter(one.answer_id for one in platform.posts if one.answer_id)
    yield from (f"the answer {id_} was posted {n} times" for id_, n in answers.items() if n > 1)
    posted = Counter(one.to for one in platform.posts if one.answer_id)
    for id_, said in platform.truth.messages.items():
        fewest, most = (1, 1) if said.asks else (0, 0)
        if not (0 if said.deleted else fewest) <= posted[id_] <= most:
            yield f"the message {id_} has {posted[id_]} answers"
    for one in platform.posts:
        if one.sentence and not platform.truth.messages[one.to].deleted:
            yield f"{one.to} was told: {one.sentence}"


def _noted_posts(platform: Platform, report: Report) -> Iterator[str]:
    """The ledger knows every post, so that each can be reacted to."""
    noted = dict(report.posts)
    for place, answer_id in platform.truth.posts.items():
        if noted.get(place) != answer_id:
            yield f"the post {place} of the answer {answer_id} is not noted"


def _verdicts(platform: Platform, report: Report) -> Iterator[str]:
    """The evidence is what people say, no more and no less."""
    told = {(answer, person): verdict for answer, person, verdict in report.verdicts}
    said = {key: verdict.value for key, verdict in platform.truth.live().items()}
    for key in sorted(told.keys() | said.keys()):
        if told.get(key) != said.get(key):
            yield f"{key[1]} said {said.get(key)} of {key[0]}, and {told.get(key)} is noted"


def _corrections(platform: Platform, report: Report) -> Iterator[str]:
    """Each correction is kept, once."""
    told = Counter((id_.partition("~")[0], answer) for id_, answer in report.corrections)
    for pair in platform.truth.corrections.items():
        if told[pair] != 1:
            yield f"the correction {pair[0]} is kept {told[pair]} times"


def _texts(platform: Platform, report: Report) -> Iterator[str]:
    """The last edit stands, and what was deleted is gone."""
    for id_, said in platform.truth.messages.items():
        if report.texts.get(id_, "") != said.text:
            yield f"the message {id_} reads {report.texts.get(id_)!r} instead of {said.text!r}"


def _documents(report: Report, pages: dict[str, str]) -> Iterator[str]:
    """The documents are the pages."""
    for uri in sorted(report.documents.keys() ^ pages.keys()):
        yield f"the page {uri} is {'missing' if uri in pages else 'still there'}"


def _index(report: Report) -> Iterator[str]:
    """Ledger and index hold the same ids, and nothing is left to do."""
    for alias, one in report.index.items():
        if one.missing or one.strangers:
            yield f"{alias}: {one.missing} of {one.wanted} rows missing, {one.strangers} strangers"
    if report.unknown:
        yield f"collections that the ledger does not know: {', '.join(report.unknown)}"
    if report.queued:
        yield f"{report.queued} index operations are left over"
    if report.live_epochs > 1:
        yield f"{report.live_epochs} epochs are live"
