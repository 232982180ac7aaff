"""Curtain: what is hidden stays hidden, and everything else reaches the reply."""

from core.answers import Placement
from core.curtain import Curtain
from tests.doubles import answer
from tests.tavern import KeptReply


async def test_an_open_curtain_changes_nothing() -> None:
    """Statuses, words, answers, failures and looks all go through."""
    reply = KeptReply("a")
    curtain = Curtain(reply)
    await curtain.place(Placement.THREAD)
    await curtain.progress("Searching…")
    await curtain.append("At ")
    ref = await curtain.finish(answer())
    await curtain.revise([ref], answer())
    await curtain.fail("Sorry.")
    assert (reply.placed, reply.said, reply.streamed) == ([], ["Searching…"], "At ")
    assert (reply.failures, reply.revised) == (["Sorry."], [(reply.ref, answer())])
    assert await curtain.posted("a1") == reply.ref


async def test_behind_it_nobody_sees_an_answer_come_about() -> None:
    """Who asked nothing is told no failure; who asked is told alone, where it was placed once."""
    reply = KeptReply("a")
    curtain = Curtain(reply)
    curtain.unseen = curtain.mute = curtain.aside = True
    await curtain.progress("Searching…")
    await curtain.append("At ")
    await curtain.fail("Sorry.")
    assert (reply.placed, reply.said, reply.streamed, reply.failures) == ([], [], "", [])
    curtain.mute = False
    await curtain.fail("Sorry.")
    await curtain.place(Placement.ASKER)
    assert (reply.placed, reply.failures) == ([Placement.ASKER], ["Sorry."])
