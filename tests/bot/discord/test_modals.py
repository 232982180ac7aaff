"""The dialogs in which people write, and what they wrote in them."""

from dataclasses import replace

import pytest
from discord import ui

from bot.discord import modals
from bot.discord.modals import Kind
from core.answers import Origin
from tests.bot.discord.test_views import ANSWER
from tests.servers.discord_components import check_modal
from tests.servers.discord_submitting import submitted


def shown(modal: ui.Modal) -> str:
    """Return a dialog as it is sent, if Discord takes it."""
    told = modal.to_dict()
    check_modal(told)
    assert modal.is_finished(), "discord.py would remember it for ever"
    return str(told)


async def test_a_dialog_begins_with_the_answer() -> None:
    """What was asked stands above, and what is handed in again is what was given."""
    modal = modals.fix_modal(ANSWER)
    assert "“How?”" in shown(modal)
    assert modals.written(submitted(modal.to_dict(), {})) == ANSWER.text
    assert modals.told(modal.custom_id) == (Kind.FIX, "a1")


async def test_an_answer_that_is_not_known_begins_empty() -> None:
    """There is nothing to begin with."""
    modal = modals.fix_modal(replace(ANSWER, origin=Origin.UNKNOWN, text="I do not know."))
    assert "I do not know" not in shown(modal)
    assert modal.title == "I know the answer"


@pytest.mark.parametrize("lines", [300, 900])
async def test_a_long_answer_takes_several_fields(lines: int) -> None:
    """Handed in unchanged, it is the same text."""
    text = "\n".join(f"Line {n} of the answer." for n in range(lines // 2))
    modal = modals.edit_modal(replace(ANSWER, text=text))
    shown(modal)
    assert modals.written(submitted(modal.to_dict(), {})) == text
    assert modals.told(modal.custom_id) == (Kind.EDIT, "a1")


async def test_an_answer_that_is_too_long_for_a_dialog() -> None:
    """No part of it is left out unseen: a whole new one is asked for."""
    modal = modals.fix_modal(replace(ANSWER, text="A line.\n" * 3_000))
    assert modals.TOO_LONG in shown(modal)
    assert "A line." not in shown(modal)


async def test_the_dialogs_of_a_message() -> None:
    """Each knows the message that it was opened for."""
    save = modals.save_modal("It closes at ten.", 2**63, 2**63, 2**63)
    assert "It closes at ten." in shown(save)
    assert modals.told(save.custom_id) == (Kind.SAVE, f"{2**63}/{2**63}/{2**63}")
    ask = modals.ask_modal("x" * 5_000, 7)
    shown(ask)
    data = submitted(ask.to_dict(), {"Your question": " Why? "})
    assert modals.written(data, modals.QUESTION) == "Why?"
    assert len(modals.written(data, modals.ABOUT)) == modals.PREFILLED


@pytest.mark.parametrize("custom_id", ["", "other:fix:a1", "tavernkeep:else:a1", "tavernkeep:fix:"])
def test_dialogs_that_are_not_ours(custom_id: str) -> None:
    """They are left alone."""
    assert modals.told(custom_id) is None


def test_a_dialog_without_fields() -> None:
    """What comes in is not trusted to have any."""
    assert modals.written({}) == ""
    assert modals.written({"components": [{"components": [{"custom_id": "answer-0"}]}]}) == ""
