"""What Slack accepts in messages and modals: its limits, and the sentences that it refuses with."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.servers.slack_elements import PLAIN, Faults, check_element
from tests.servers.slack_post import JSON, SlackError, texts, wrong

MARKDOWN = 12_000
SECTION = 3_000
ALL_BLOCKS = 13_200  # measured by people who met msg_blocks_too_long; Slack documents no figure
IN_MESSAGES = frozenset(
    {
        "actions",
        "alert",
        "card",
        "carousel",
        "context",
        "context_actions",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "markdown",
        "plan",
        "rich_text",
        "section",
        "table",
        "task_card",
        "video",
    }
)
IN_ACTIONS = frozenset(
    {
        "button",
        "checkboxes",
        "datepicker",
        "overflow",
        "radio_buttons",
        "static_select",
        "multi_static_select",
        "users_select",
        "conversations_select",
        "channels_select",
    }
)


def check_blocks(blocks: Any, *, most: int = 50, before: str = "/blocks") -> list[JSON]:
    """Return blocks that Slack would show; raise as it does."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    faults = Faults()
    if len(blocks) > most:
        raise SlackError("invalid_blocks", errors=[f"no more than {most} items allowed"])
    for number, block in enumerate(blocks):
        _check(block, faults, f"{before}/{number}")
    _check_ids(blocks, faults)
    if faults:
        messages = [f"[ERROR] {one}" for one in faults]
        raise SlackError("invalid_blocks", errors=faults, response_metadata={"messages": messages})
    if sum(len(one.get("text", "")) for one in blocks if one["type"] == "markdown") > MARKDOWN:
        raise SlackError("msg_too_long")
    if sum(len(one) for one in texts(blocks)) > ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    return [{"block_id": f"b{number}", **block} for number, block in enumerate(blocks)]


def _check_ids(blocks: list[JSON], faults: Faults) -> None:
    ids = [one["block_id"] for one in blocks if dict(one).get("block_id")]
    if len(ids) != len(set(ids)):
        faults.append("block_id already exists")
    for one in ids:
        faults.short(one, 255, "block_id")


def _check(block: Any, faults: Faults, where: str) -> None:
    if not isinstance(block, dict) or block.get("type") not in IN_MESSAGES:
        faults.append(f"unsupported type [json-pointer:{where}/type]")
        return
    KINDS.get(block["type"], _anything)(block, faults, where)


def _anything(block: JSON, faults: Faults, where: str) -> None:
    """Accept a block whose inside is not looked at here."""


def _section(block: JSON, faults: Faults, where: str) -> None:
    if "text" not in block and "fields" not in block:
        faults.append(f"must have text or fields [json-pointer:{where}]")
    if "text" in block:
        faults.words(block["text"], SECTION, f"{where}/text")
    if "fields" in block:
        faults.several(block["fields"], 10, f"{where}/fields")
        for number, one in enumerate(block["fields"]):
            faults.words(one, 2_000, f"{where}/fields/{number}")
    if "accessory" in block:
        check_element(block["accessory"], faults, f"{where}/accessory")


def _markdown(block: JSON, faults: Faults, where: str) -> None:
    if not isinstance(block.get("text"), str) or not block["text"]:
        faults.append(f"must be more than 0 characters [json-pointer:{where}/text]")


def _header(block: JSON, faults: Faults, where: str) -> None:
    faults.words(block.get("text"), 150, f"{where}/text", PLAIN)


def _context(block: JSON, faults: Faults, where: str) -> None:
    faults.several(block.get("elements"), 10, f"{where}/elements")
    for number, one in enumerate(block.get("elements") or []):
        if one.get("type") != "image":
            faults.words(one, SECTION, f"{where}/elements/{number}")


def _actions(block: JSON, faults: Faults, where: str) -> None:
    faults.several(block.get("elements"), 25, f"{where}/elements")
    held = block.get("elements") or []
    for number, one in enumerate(held):
        if one.get("type") not in IN_ACTIONS:
            faults.append(f"unsupported type [json-pointer:{where}/elements/{number}/type]")
        check_element(one, faults, f"{where}/elements/{number}")
    ids = [one.get("action_id") for one in held if one.get("action_id")]
    if len(ids) != len(set(ids)):
        faults.append(f"action_id already exists [json-pointer:{where}/elements]")


def _context_actions(block: JSON, faults: Faults, where: str) -> None:
    faults.several(block.get("elements"), 5, f"{where}/elements")
    for number, one in enumerate(block.get("elements") or []):
        if one.get("type") not in {"feedback_buttons", "icon_button"}:
            faults.append(f"unsupported type [json-pointer:{where}/elements/{number}/type]")
        check_element(one, faults, f"{where}/elements/{number}")


def _input(block: JSON, faults: Faults, where: str) -> None:
    faults.words(block.get("label"), 2_000, f"{where}/label", PLAIN)
    check_element(block.get("element") or {}, faults, f"{where}/element")


KINDS: dict[str, Callable[[JSON, Faults, str], None]] = {
    "section": _section,
    "markdown": _markdown,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "input": _input,
}


def check_view(view: Any) -> JSON:
    """Return a modal or a home tab that Slack would show; raise as it does."""
    if not isinstance(view, dict) or view.get("type") not in {"modal", "home"}:
        raise wrong("missing required field: type [json-pointer:/view]")
    if len(json.dumps(view)) > 250_000:
        raise SlackError("view_too_large")
    faults = Faults()
    if view["type"] == "modal":
        _frame(view, faults)
    for name, limit in (("private_metadata", SECTION), ("callback_id", 255)):
        if len(view.get(name) or "") > limit:
            faults.append(f"must be less than {limit + 1} characters [json-pointer:/view/{name}]")
    if faults:
        raise wrong(*faults)
    try:
        blocks = check_blocks(view.get("blocks"), most=100, before="/view/blocks")
    except SlackError as refused:
        raise wrong(*refused.more.get("errors", [refused.code])) from refused
    return {**view, "blocks": blocks}


def _frame(view: JSON, faults: Faults) -> None:
    faults.words(view.get("title"), 24, "/view/title", PLAIN)
    for name in ("submit", "close"):
        if name in view:
            faults.words(view[name], 24, f"/view/{name}", PLAIN)
    kinds = {one.get("type") for one in view.get("blocks", []) if isinstance(one, dict)}
    if "input" in kinds and "submit" not in view:
        faults.append("missing required field: submit [json-pointer:/view]")


def check_metadata(metadata: Any) -> JSON | None:
    """Return a message's metadata; raise as Slack does. An empty object takes it away."""
    if not metadata:
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    named = str(metadata.get("event_type", ""))
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", named):
        raise SlackError("invalid_metadata_schema")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_schema")
    return metadata


def check_chunks(chunks: Any) -> list[JSON]:
    """Return the chunks of a stream; raise as Slack does."""
    if not isinstance(chunks, list):
        raise SlackError("invalid_chunks")
    needed = {
        "markdown_text": {"text"},
        "task_update": {"id", "title", "status"},
        "plan_update": {"title"},
        "blocks": {"blocks"},
    }
    for one in chunks:
        if not isinstance(one, dict) or not needed.get(one.get("type", ""), {"?"}) <= one.keys():
            raise SlackError("invalid_chunks")
        if len(one.get("text", "")) > MARKDOWN or len(one.get("title", "")) > 256:
            raise SlackError("msg_too_long")
        if one["type"] == "task_update" and one["status"] not in STATES:
            raise SlackError("invalid_chunks")
        if one["type"] == "blocks":
            check_blocks(one["blocks"])
    return chunks


STATES = frozenset({"pending", "in_progress", "complete", "error"})
