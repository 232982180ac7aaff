"""Prompts: what the language model is given, and nothing else."""

from pathlib import Path

import pytest

from core.items import Found
from core.prompts import MOST_GUIDANCE, Guidance, Instructions, Turn, load_instructions, prompt_of
from core.settings import CHECKOUT

INSTRUCTIONS = Instructions(answer="Answer from the documents.")


def found(link: str | None = None) -> Found:
    """Return a found passage."""
    return Found(
        passage_id="p",
        document_id="d",
        document_uri="slack.md",
        title="Slack",
        breadcrumb="Slack › Tokens",
        text="Set the token.",
        link=link,
        hash="h",
        audience_id=1,
        score=0.9,
        dense=0.9,
        coverage=1.0,
    )


def test_a_prompt_holds_the_passages_in_order_with_their_sources() -> None:
    """A passage is named by its link, or by its place in the source where it has none."""
    prompt = prompt_of("How?", INSTRUCTIONS, [found("https://docs/slack"), found()])
    assert [one.source for one in prompt.passages] == ["https://docs/slack", "slack.md"]
    assert prompt.passages[0].breadcrumb == "Slack › Tokens"
    assert prompt.instructions == "Answer from the documents."


def test_guidance_cannot_crowd_out_the_sources() -> None:
    """Of many earlier answers only the first ones are given."""
    guidance = [Guidance(question=f"{n}?", text="So.", by_person=True) for n in range(5)]
    prompt = prompt_of("How?", INSTRUCTIONS, [], guidance=guidance)
    assert prompt.guidance == tuple(guidance[:MOST_GUIDANCE])


def test_a_person_is_named_by_a_hash_only() -> None:
    """Neither the platform nor the key of a person leaves the machine."""
    turns = [Turn(by_bot=False, text="Hello")]
    prompt = prompt_of("How?", INSTRUCTIONS, [], thread=turns, person_id="slack:U1")
    assert prompt.person_hash is not None
    assert "U1" not in prompt.person_hash
    assert prompt_of("How?", INSTRUCTIONS, []).person_hash is None
    assert prompt.thread == (Turn(by_bot=False, text="Hello"),)


def test_the_instructions_are_read_from_their_folder(tmp_path: Path) -> None:
    """The shipped instructions can be read, and a folder without them is an error at the start."""
    assert "search results" in load_instructions(CHECKOUT / "config" / "prompts").answer
    with pytest.raises(OSError, match="answer"):
        load_instructions(tmp_path)
