"""Block: one thread on a page; it redraws only the posts that changed."""

from datetime import datetime

from nicegui import ui

from bot.room import dialogs
from bot.room.answer import show_answer
from bot.room.controls import Deeds, avatar, bot_avatar, box, mark, press, say
from bot.room.marks import palette_button, reactions
from bot.room.markup import message_html
from bot.room.post import Phase, Post, Thread
from bot.room.seat import Seat


class Block:
    """A thread's posts, below one another."""

    def __init__(self, seat: Seat, thread: Thread) -> None:
        """Draw the thread into the element that is being filled."""
        self._seat = seat
        self._drawn: dict[str, Drawn] = {}
        self.element = mark(
            box("tk-thread", "section"), "thread", id=element_id(thread.key), data_key=thread.key
        )
        self.element.props["aria-label"] = f"Thread: {thread.opening}"
        with self.element:
            self._posts = box("tk-row").style("gap: 16px; align-items: stretch; flex-flow: column")
        self.sync(thread)

    def sync(self, thread: Thread) -> None:
        """Draw what is new or changed, and take away what is gone."""
        wanted = {post.key: post for post in thread.posts}
        for key in [key for key in self._drawn if key not in wanted]:
            self._drawn.pop(key).element.delete()
        if [key for key in wanted if key in self._drawn] != list(self._drawn):
            self._posts.clear()
            self._drawn.clear()
        for post in thread.posts:
            if drawn := self._drawn.get(post.key):
                drawn.sync(post)
            else:
                with self._posts:
                    self._drawn[post.key] = Drawn(self._seat, post)


class Drawn:
    """A post as it is drawn on one page."""

    def __init__(self, seat: Seat, post: Post) -> None:
        """Draw the post into the element that is being filled."""
        self._seat = seat
        self._post = post
        self._words: ui.html | None = None
        ours = post.entry.person is None
        self.element = mark(
            box("tk-post" + (" tk-answer" if ours else ""), "article"),
            "answer" if ours else "message",
            data_key=post.key,
        )
        self._deeds = Deeds(self.element)
        self._draw()

    def sync(self, post: Post) -> None:
        """Draw the post again where it changed; streamed words only replace the words."""
        if post is self._post or post == self._post:
            return
        growing = post.phase is Phase.WRITING and self._post.phase is Phase.WRITING
        self._post = post
        if growing and self._words is not None:
            self._words.set_content(message_html(post.entry.text))
            return
        self.element.clear()
        self._words = None
        self._draw()

    def _draw(self) -> None:
        post = self._post
        mark(self.element, data_phase=post.phase.value)
        with self.element:
            if post.entry.person is None:
                bot_avatar()
            else:
                avatar(post.entry.person.name)
            with box("tk-post-body"):
                _line(self._seat, post)
                self._body()

    def _body(self) -> None:
        post = self._post
        if post.entry.person is not None:
            words = ui.html(message_html(post.entry.text), sanitize=False).classes("tk-text")
            mark(words, "message-text")
            reactions(self._seat, post, self._deeds)
        elif post.phase is Phase.STANDS:
            show_answer(self._seat, post, self._seat.tavern.now(), self._deeds)
        elif post.phase is Phase.FAILED:
            mark(say(post.entry.text, "tk-failed"), "failure", role="alert")
        else:
            self._making()

    def _making(self) -> None:
        post = self._post
        if post.phase is Phase.WRITING:
            with box("tk-writing"):
                words = ui.html(message_html(post.entry.text), sanitize=False)
                self._words = words.classes("tk-text")
            return
        with mark(box("tk-status"), "status", role="status"):
            box("tk-ember")
            say(post.status)


def element_id(key: str) -> str:
    """Return the id that a thread has in the page, whatever its key is made of."""
    return "thread-" + "".join(sign if sign.isalnum() else "-" for sign in key)


def clock(at: datetime, now: datetime) -> str:
    """Return a time as people read it: the hour today, the day as well before."""
    local, today = at.astimezone(), now.astimezone()
    if local.date() == today.date():
        return local.strftime("%H:%M")
    return local.strftime("%d %b %H:%M")


def _line(seat: Seat, post: Post) -> None:
    person = post.entry.person
    with box("tk-line"):
        say(person.name if person else "Tavernkeep", "tk-name", "span")
        when = clock(post.entry.at, seat.tavern.now())
        say(when + (" · edited" if post.entry.edited else ""), "tk-time", "span")
        if person is None or post.phase is not Phase.STANDS:
            return
        with box("tk-tools"):
            palette_button(seat, post)
            if seat.guest and seat.guest.wrote(post):
                _own(seat, post)


def _own(seat: Seat, post: Post) -> None:
    press(
        "",
        lambda: dialogs.edit(seat, post),
        icon="edit",
        test="edit",
        label="Edit your message",
    )
    press(
        "",
        lambda: dialogs.delete(seat, post),
        icon="delete_outline",
        test="delete",
        label="Delete your message",
    )
