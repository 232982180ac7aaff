"""What the loopback Discord sends when somebody submits a modal."""

from collections.abc import Mapping
from typing import Any

from tests.servers.discord_components import (
    CHECKBOX,
    CHECKBOXES,
    DISPLAY,
    INPUT,
    LABEL,
    RADIOS,
    ROW,
    SELECTS,
)
from tests.servers.discord_post import JSON

Values = Mapping[str, "str | list[str]"]


def submitted(modal: JSON, values: Values) -> JSON:
    """Return the data of a submitted modal; a value is given by the label or the custom_id."""
    left = set(values)
    sent: list[JSON] = []
    for number, one in enumerate(modal["components"], 1):
        if one["type"] == LABEL:
            filled = _filled(one["component"], one["label"], values, left)
            sent.append({"type": LABEL, "id": number, "component": filled})
        elif one["type"] == ROW:
            parts = [
                _filled(part, part.get("label", ""), values, left) for part in one["components"]
            ]
            sent.append({"type": ROW, "id": number, "components": parts})
        elif one["type"] == DISPLAY:
            sent.append({"type": DISPLAY, "id": number})
    assert not left, f"the modal asks for nothing like {sorted(left)}"
    return {"custom_id": modal["custom_id"], "components": sent}


def _filled(part: JSON, label: str, values: Values, left: set[str]) -> JSON:
    key = next((name for name in (part["custom_id"], label) if name in values), None)
    left.discard(key or "")
    given = values[key] if key is not None else None
    told: JSON = {"type": part["type"], "id": part.get("id", 1), "custom_id": part["custom_id"]}
    if part["type"] == INPUT:
        return told | {"value": _written(part, given)}
    chosen = _chosen(part, given)
    if part.get("required", True) and part["type"] != CHECKBOX:
        assert chosen, f"{label} must be chosen"
    if part["type"] == RADIOS:
        return told | {"value": chosen[0] if chosen else None}
    if part["type"] == CHECKBOX:
        return told | {"value": bool(given)}
    return told | {"values": chosen}


def _written(part: JSON, given: Any) -> str:
    said = str(part.get("value") or "") if given is None else str(given)
    assert said or not part.get("required", True), f"{part['custom_id']} must be filled in"
    assert len(said) <= int(part.get("max_length") or 4000), "the field takes no more"
    assert not said or len(said) >= int(part.get("min_length") or 0), "the field wants more"
    return said


def _chosen(part: JSON, given: Any) -> list[str]:
    options: list[JSON] = part.get("options") or []
    if given is None:
        return [one["value"] for one in options if one.get("default")]
    wanted = given if isinstance(given, list) else [given]
    if part["type"] not in SELECTS | {RADIOS, CHECKBOXES}:
        return [str(one) for one in wanted]
    found = [one["value"] for one in options if {one["label"], one["value"]} & set(wanted)]
    assert len(found) == len(wanted), (
        f"no choice {wanted} among {[one['label'] for one in options]}"
    )
    return found
