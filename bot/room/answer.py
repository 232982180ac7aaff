"""How an answer looks: its words, sources, badges, and what people can say of it."""

from datetime import datetime
from functools import partial

from nicegui import events, ui

from bot.card import AnswerCard, Button, CardSource, card_of
from bot.room import dialogs
from bot.room.controls import Deeds, box, mark, press, say, toggled
from bot.room.marks import palette_button, reactions
from bot.room.markup import answer_html, words_of
from bot.room.post import Post
from bot.room.reader import open_source
from bot.room.seat import Seat
from core.feedback import Reason, Verdict

# The browser tells only clicks on a [n], and which.
ON_CITE = "(e) => { const c = e.target.closest('.cite'); if (c) emit(Number(c.dataset.source)); }"


def show_answer(seat: Seat, post: Post, now: datetime, deeds: Deeds) -> None:
    """Show a finished answer with everything that can be done with it."""
    if post.entry.answer is None:
        return
    card = card_of(post.entry.answer, now)
    _above(card)
    _words(seat, card)
    _sources(seat, card, deeds)
    if card.buttons:
        _actions(seat, post, card, deeds)
    reactions(seat, post, deeds)


def _above(card: AnswerCard) -> None:
    if card.notice:
        with box("tk-notice"):
            ui.icon("info").props("aria-hidden=true size=19px")
            say(card.notice)
    if card.badge:
        with mark(box("tk-badge"), "badge"):
            ui.icon("workspace_premium").props("aria-hidden=true size=16px")
            say(card.badge, tag="span")


def _words(seat: Seat, card: AnswerCard) -> None:
    sources = {source.number: source for source in card.sources}
    titles = {number: source.title for number, source in sources.items()}

    async def cited(event: events.GenericEventArguments) -> None:
        if source := sources.get(int(event.args)):
            await open_source(seat, source)

    words = ui.html(answer_html(card.text, card.links, titles), sanitize=False).classes("tk-text")
    mark(words, "answer-text").on("click", cited, js_handler=ON_CITE)


def _sources(seat: Seat, card: AnswerCard, deeds: Deeds) -> None:
    if card.sources:
        with mark(box("tk-sources"), "sources"):
            say("Sources", "tk-muted", "span")
            for source in card.sources:
                _chip(seat, source, deeds)
    if card.nearest:
        with mark(box("tk-nearest"), "nearest", role="group", aria_label="The closest pages"):
            for source in card.nearest:
                _near(seat, source, deeds)


def _chip(seat: Seat, source: CardSource, deeds: Deeds) -> None:
    chip = box("tk-chip", "button")
    label = f"Source {source.number}: {source.breadcrumb or source.title}"
    mark(chip, "source", label, type="button")
    with chip:
        say(str(source.number), tag="b")
        say(source.breadcrumb or source.title, tag="span")
    deeds.add(chip, f"source {source.number}", lambda: open_source(seat, source))


def _near(seat: Seat, source: CardSource, deeds: Deeds) -> None:
    near = box("tk-near", "button")
    mark(near, "nearest-source", type="button")
    with near:
        say(source.breadcrumb or source.title, "tk-near-title")
        if source.quote:
            say(words_of(source.quote), "tk-near-quote")
    deeds.add(near, f"source {source.number}", lambda: open_source(seat, source))


def _actions(seat: Seat, post: Post, card: AnswerCard, deeds: Deeds) -> None:
    mine = post.verdict_of(seat.person_id)
    verdict = mine.verdict if mine else None
    with box("tk-actions"):
        _vote(seat, post, Verdict.UP, deeds, on=verdict is Verdict.UP)
        _vote(seat, post, Verdict.DOWN, deeds, on=verdict is Verdict.DOWN)
        told = "I know the answer" if card.unknown else Button.FIX.value
        if verdict is not Verdict.DOWN:
            _fix(seat, post, told, deeds)
        if Button.AFRESH in card.buttons:
            _afresh(seat, post, deeds)
        press(
            "Follow up",
            lambda: seat.follow_up(post.thread),
            icon="subdirectory_arrow_right",
            test="follow-up",
            deeds=deeds,
        )
        palette_button(seat, post)
    if verdict is Verdict.DOWN:
        _reasons(seat, post, card, mine.reason if mine else None, deeds)


def _vote(seat: Seat, post: Post, verdict: Verdict, deeds: Deeds, *, on: bool) -> None:
    up = verdict is Verdict.UP
    named = (Button.HELPFUL if up else Button.NOT_HELPFUL).value
    count = post.count(verdict)
    button = press(
        f"{named} · {count}" if count else named,
        lambda: seat.do(lambda guest: guest.vote(post, verdict)),
        icon="thumb_up" if up else "thumb_down",
        kind="good" if up else "bad",
        test="helpful" if up else "not-helpful",
        label=f"{named}, {count} so far",
        deeds=deeds,
    )
    toggled(button, on)


def _fix(seat: Seat, post: Post, told: str, deeds: Deeds) -> None:
    press(told, lambda: dialogs.fix(seat, post), icon="edit_note", test="fix", deeds=deeds)


def _afresh(seat: Seat, post: Post, deeds: Deeds) -> None:
    press(
        Button.AFRESH.value,
        lambda: seat.do(lambda guest: guest.ask_afresh(post)),
        icon="restart_alt",
        test="afresh",
        deeds=deeds,
    )


def _reasons(seat: Seat, post: Post, card: AnswerCard, given: Reason | None, deeds: Deeds) -> None:
    with mark(box("tk-reasons"), "reasons"):
        say("What was wrong?", "tk-muted", "span")
        for reason in card.reasons:
            button = press(
                reason.value.capitalize(),
                partial(_give_reason, seat, post, reason),
                test="reason",
                deeds=deeds,
                name=f"reason {reason.value}",
            )
            toggled(mark(button, data_reason=reason.value), reason is given)
        _fix(seat, post, "Fix it", deeds)


async def _give_reason(seat: Seat, post: Post, reason: Reason) -> None:
    await seat.do(lambda guest: guest.give_reason(post, reason))
