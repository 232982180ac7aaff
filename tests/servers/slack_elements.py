"""What Slack accepts inside of blocks: texts, buttons, inputs and menus, and their limits."""

from collections.abc import Callable
from typing import Any

from tests.servers.slack_post import JSON

PLAIN = "plain_text"
LONGEST = 3_000


class Faults(list[str]):
    """What is wrong with some blocks, each in Slack's own words."""

    def short(self, text: Any, limit: int, where: str) -> None:
        """Note a text that is absent, no text or too long."""
        if not isinstance(text, str) or not text:
            self.append(f"must be more than 0 characters [json-pointer:{where}]")
        elif len(text) > limit:
            self.append(f"must be less than {limit + 1} characters [json-pointer:{where}]")

    def words(self, held: Any, limit: int, where: str, kind: str = "") -> None:
        """Note a text object that is none, or of another kind, or too long."""
        if not isinstance(held, dict) or held.get("type") not in {PLAIN, "mrkdwn"}:
            self.append(f"must provide an object [json-pointer:{where}]")
            return
        if kind and held["type"] != kind:
            self.append(f"must be {kind} [json-pointer:{where}/type]")
        self.short(held.get("text"), limit, f"{where}/text")

    def several(self, held: Any, limit: int, where: str) -> None:
        """Note a list that is none, empty or too long."""
        if not isinstance(held, list) or not 0 < len(held) <= limit:
            self.append(f"must have 1 to {limit} items [json-pointer:{where}]")


def check_element(one: JSON, faults: Faults, where: str) -> None:
    """Note what is wrong with a button, an input or a menu."""
    if "action_id" in one:
        faults.short(one["action_id"], 255, f"{where}/action_id")
    check = ELEMENTS.get(str(one.get("type")))
    if check:
        check(one, faults, where)


def _button(one: JSON, faults: Faults, where: str) -> None:
    faults.words(one.get("text"), 75, f"{where}/text", PLAIN)
    _value(one, faults, where)
    if one.get("style") not in {None, "primary", "danger"}:
        faults.append(f"must be a valid enum value [json-pointer:{where}/style]")


def _feedback(one: JSON, faults: Faults, where: str) -> None:
    for half in ("positive_button", "negative_button"):
        held = one.get(half) or {}
        faults.words(held.get("text"), 75, f"{where}/{half}/text", PLAIN)
        faults.short(held.get("value"), 2_000, f"{where}/{half}/value")


def _icon(one: JSON, faults: Faults, where: str) -> None:
    faults.short(one.get("icon"), 75, f"{where}/icon")
    faults.words(one.get("text"), 75, f"{where}/text", PLAIN)
    _value(one, faults, where)


def _choice(one: JSON, faults: Faults, where: str) -> None:
    most = {"radio_buttons": 10, "checkboxes": 10, "overflow": 5}.get(one["type"], 100)
    faults.several(one.get("options"), most, f"{where}/options")
    for option in one.get("options") or []:
        faults.words(option.get("text"), 75, f"{where}/options/text")
        faults.short(option.get("value"), 150, f"{where}/options/value")


def _typed(one: JSON, faults: Faults, where: str) -> None:
    longest = one.get("max_length", LONGEST)
    if not 1 <= longest <= LONGEST:
        faults.append(f"must be less than 3001 [json-pointer:{where}/max_length]")
    if len(one.get("initial_value") or "") > longest:
        faults.append(
            f"must be less than {longest + 1} characters [json-pointer:{where}/initial_value]"
        )


def _value(one: JSON, faults: Faults, where: str) -> None:
    if "value" in one:
        faults.short(one["value"], 2_000, f"{where}/value")


ELEMENTS: dict[str, Callable[[JSON, Faults, str], None]] = {
    "button": _button,
    "feedback_buttons": _feedback,
    "icon_button": _icon,
    "radio_buttons": _choice,
    "checkboxes": _choice,
    "static_select": _choice,
    "overflow": _choice,
    "plain_text_input": _typed,
}
