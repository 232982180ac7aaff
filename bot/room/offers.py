"""Offers: what the room asks one person alone: whether what they wrote is to be kept."""

from functools import partial

from bot.room.controls import box, mark, press, say
from bot.room.guest import Guest
from bot.room.seat import Seat
from bot.sentences import DECLINE, DECLINED, KEEP, KEPT
from core.answers import Answer
from core.feedback import Choice


class Offers:
    """Shows what its page's person is offered, above the field in which they write."""

    def __init__(self, seat: Seat) -> None:
        """Draw nothing yet into the element that is being filled."""
        self._seat = seat
        self._shown: list[str] = []
        self._box = box()

    def sync(self) -> None:
        """Draw what is offered now, to nobody but whom it is offered to."""
        offers = self._seat.tavern.timeline.offers_to(self._seat.person_id)
        ids = [one.id for one in offers]
        if ids == self._shown:
            return
        self._shown = ids
        self._box.clear()
        with self._box:
            for offer in offers:
                with mark(box("tk-opening"), "offer", role="status"):
                    say(offer.text)
                    keep = partial(self._decide, offer, Choice.KEEP, KEPT)
                    press(KEEP, keep, kind="main", test="keep")
                    press(
                        DECLINE, partial(self._decide, offer, Choice.DECLINE, DECLINED), test="no"
                    )

    async def _decide(self, offer: Answer, choice: Choice, sentence: str) -> None:
        async def deed(guest: Guest) -> bool:
            await guest.decide(offer.id, choice)
            return True

        if await self._seat.do(deed):
            self._seat.notify(sentence, good=True)
        self._seat.tavern.timeline.settle(offer.id)
