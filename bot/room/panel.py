"""Panel: what the bot has learned, how ratings moved, and the jobs that make it so."""

from functools import partial

from nicegui import ui

from bot.card import plain
from bot.room.chart import chart_options
from bot.room.controls import box, mark, press, say
from bot.room.markup import words_of
from bot.room.seat import Seat
from bot.room.tavern import JobRun, Knowledge
from core.answers import Origin
from core.feedback import Verdict
from core.ledger.views import Learned

COUNTS = (
    ("documents", "documents"),
    ("passages", "passages"),
    ("answers", "answers"),
    ("feedback", "votes"),
    ("verified answers", "verified"),
    ("epochs", "rankings"),
)
JOBS = (("rerank", "Re-rank now", "low_priority"), ("reembed", "Re-embed now", "hub"))
NOTHING = (
    "Nothing yet. Say 👍 or 👎 to an answer, or write a better one: it appears here, and the next "
    "re-ranking takes it to heart."
)


class Panel:
    """The side panel of one page; each part is redrawn only when it changed."""

    def __init__(self, seat: Seat) -> None:
        """Draw it into the element that is being filled."""
        self._seat = seat
        self._known: Knowledge | None = None
        self._job: JobRun | None = None
        self._dark = False
        with mark(box("tk-panel"), "panel"):
            say("What it has learned", tag="h2")
            self._counts = box("tk-counts")
            with box("tk-jobs"):
                for name, title, icon in JOBS:
                    press(title, partial(self._run, name), icon=icon, test=f"job-{name}")
            self._progress = mark(box("tk-job"), "job", role="status")
            self._chart = box("tk-chart-box")
            self._learned = box("tk-row").style("flex-flow: column; align-items: stretch")
            self._about = box("tk-muted")
        self.sync()

    def sync(self) -> None:
        """Draw again what changed."""
        tavern = self._seat.tavern
        if tavern.job is not self._job:
            self._job = tavern.job
            self._show_job()
        old, self._known = self._known, tavern.knowledge
        if old is None or old.counts != self._known.counts:
            self._show_counts()
        if old is None or (old.learned, old.points) != (self._known.learned, self._known.points):
            self._show_chart()
            self._show_learned()
        if old is None or old.status != self._known.status:
            self._show_about()

    def recolour(self, *, dark: bool) -> None:
        """Draw the chart for light or dark surroundings."""
        self._dark = dark
        self._show_chart()

    def _run(self, name: str) -> None:
        if self._seat.tavern.assistant is None:
            self._seat.notify("The tavern is still opening. Please try again in a moment.")
            return
        self._seat.tavern.start(self._seat.tavern.run_job(name))

    def _show_job(self) -> None:
        self._progress.clear()
        job = self._job
        if job is None:
            return
        with self._progress:
            if not job.running:
                mark(say(job.sentence), "job-report")
                return
            figures = f" {job.done} of {job.total}" if job.total else ""
            say(f"{job.what}{figures}…")
            share = f"{100 * job.done / job.total:.0f}%" if job.total else ""
            ui.html(_bar(share), sanitize=False)

    def _show_counts(self) -> None:
        self._counts.clear()
        counts = self._known.counts if self._known else {}
        with self._counts:
            for key, word in COUNTS:
                with box("tk-count"):
                    say(f"{counts.get(key, 0):,}", tag="b")
                    say(word, tag="span")

    def _show_chart(self) -> None:
        self._chart.clear()
        options = chart_options(self._known, dark=self._dark) if self._known else None
        if options is None:
            return
        with self._chart:
            say("Ratings, ranking by ranking", tag="h3")
            mark(ui.echart(options).classes("tk-chart"), "ratings-chart")

    def _show_learned(self) -> None:
        self._learned.clear()
        learned = self._known.learned if self._known else ()
        with self._learned:
            if not learned:
                mark(say(NOTHING, "tk-muted"), "nothing-learned")
            for one in learned:
                _show_one(one)

    def _show_about(self) -> None:
        self._about.clear()
        with self._about:
            for what, state in self._known.status.items() if self._known else ():
                with box("tk-about"):
                    say(plain(what).capitalize(), tag="b")
                    say(plain(state), tag="span")


def _show_one(one: Learned) -> None:
    answer = one.answer
    ups = sum(verdict.verdict is Verdict.UP for verdict in one.verdicts)
    downs = len(one.verdicts) - ups
    with mark(box("tk-learned", "article"), "learned", data_answer=answer.id):
        say(plain(answer.question.text), "tk-learned-q")
        say(words_of(answer.text), "tk-learned-a")
        if one.rating is not None:
            _show_rating(one.rating.value)
        with box("tk-row"):
            standing = answer.standing.value
            mark(say(standing, f"tk-standing {standing}", "span"), "standing")
            say(f"👍 {ups}  👎 {downs}", "tk-muted", "span")
            if answer.origin is Origin.CORRECTION and answer.author:
                say(f"by {plain(answer.author.name)}", "tk-muted", "span")


def _show_rating(value: float) -> None:
    kind = "good" if value >= 0.66 else "bad" if value < 0.45 else ""
    with box("tk-row").style("flex-wrap: nowrap"):
        bar = ui.html(_bar(f"{100 * value:.0f}%", kind), sanitize=False).classes("tk-grow")
        mark(bar, "rating", label=f"Rating {value:.2f} of 1", role="img")
        say(f"{value:.2f}", "tk-muted", "span")


def _bar(share: str, kind: str = "") -> str:
    """Return a bar filled to a share such as "40%"; one that only shows life without a share."""
    style = f' style="width: {share}"' if share else ""
    return f'<div class="tk-bar{"" if share else " busy"}"><i class="{kind}"{style}></i></div>'
