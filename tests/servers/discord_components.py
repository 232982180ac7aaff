"""What Discord demands of components: in messages, in messages made of components alone, in modals."""

import itertools
import re
from collections.abc import Iterable

from tests.servers.discord_post import JSON, invalid, nested

ROW, BUTTON, SELECT, INPUT, SECTION, DISPLAY, THUMBNAIL = 1, 2, 3, 4, 9, 10, 11
GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, UPLOAD = 12, 13, 14, 17, 18, 19
RADIOS, CHECKBOXES, CHECKBOX = 21, 22, 23
SELECTS = frozenset({SELECT, 5, 6, 7, 8})
ASKED = SELECTS | {INPUT, UPLOAD, RADIOS, CHECKBOXES, CHECKBOX}
TOP = frozenset({ROW, SECTION, DISPLAY, GALLERY, FILE, SEPARATOR, CONTAINER})
MOST, LONGEST = 40, 4000
LINK, PREMIUM = 5, 6


def check_message(components: list[JSON], *, v2: bool) -> None:
    """Raise what Discord refuses components of a message with."""
    every = nested(components)
    if v2:
        _all_in(components, TOP, "components")
        if len(every) > MOST:
            raise invalid("components", "BASE_TYPE_MAX_LENGTH", f"at most {MOST} components")
        said = sum(len(one["content"]) for one in every if one["type"] == DISPLAY)
        if said > LONGEST:
            raise invalid("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "too much text")
    else:
        _all_in(components, {ROW}, "components")
        _sized(components, 0, 5, "components")
    _unlike(every)
    for one in every:
        check(one)


def check_modal(given: JSON) -> None:
    """Raise what Discord refuses a modal with."""
    _text(given, "title", 1, 45)
    _text(given, "custom_id", 1, 100)
    held: list[JSON] = given.get("components") or []
    _sized(held, 1, 5, "components")
    _all_in(held, {ROW, LABEL, DISPLAY}, "components")
    _unlike(nested(held))
    for one in nested(held):
        check(one, modal=True)


def check(one: JSON, *, modal: bool = False) -> None:
    """Raise what Discord refuses one component with."""
    kind = one.get("type")
    if kind == ROW:
        _row(one, modal=modal)
    elif kind == BUTTON:
        _button(one)
    elif kind in SELECTS:
        _select(one)
    elif kind == INPUT:
        _input(one, modal=modal)
    elif kind == DISPLAY:
        _text(one, "content", 1, LONGEST)
    elif kind == LABEL:
        _label(one)
    else:
        _rest(one)


def _row(one: JSON, *, modal: bool) -> None:
    inside: list[JSON] = one.get("components") or []
    _sized(inside, 1, 5, "components")
    _all_in(inside, {INPUT} if modal else {BUTTON} | SELECTS, "components")
    if len(inside) > 1 and any(part["type"] != BUTTON for part in inside):
        raise invalid("components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "no room in the row")


def _button(one: JSON) -> None:
    style = one.get("style")
    if style not in range(1, 7):
        raise invalid("components.style", "BASE_TYPE_CHOICES", "no such style")
    if style == LINK:
        _text(one, "url", 1, 512)
        if "custom_id" in one or not re.match(r"(https?|discord)://\S+$", one["url"]):
            raise invalid("components.url", "URL_TYPE_INVALID_URL", "not a well formed URL")
    elif style != PREMIUM:
        _text(one, "custom_id", 1, 100)
    if not (one.get("label") or one.get("emoji")):
        raise invalid("components.label", "BUTTON_COMPONENT_INVALID", "a label or an emoji")
    if one.get("label"):
        _text(one, "label", 1, 80)


def _select(one: JSON) -> None:
    _text(one, "custom_id", 1, 100)
    if one.get("placeholder"):
        _text(one, "placeholder", 1, 150)
    if one["type"] == SELECT:
        _options(one, 25)


def _options(one: JSON, most: int) -> None:
    options: list[JSON] = one.get("options") or []
    _sized(options, 1, most, "options")
    for option in options:
        _text(option, "label", 1, 100)
        _text(option, "value", 1, 100)
        if option.get("description"):
            _text(option, "description", 1, 100)
    values = [option["value"] for option in options]
    if len(set(values)) < len(values):
        raise invalid("options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "values must differ")


def _input(one: JSON, *, modal: bool) -> None:
    if not modal or one.get("style") not in (1, 2):
        raise invalid("components.type", "UNION_TYPE_CHOICES", "text is asked for in modals only")
    _text(one, "custom_id", 1, 100)
    if one.get("label"):
        _text(one, "label", 1, 45)
    if one.get("placeholder"):
        _text(one, "placeholder", 1, 100)
    if one.get("value"):
        _text(one, "value", 0, int(one.get("max_length") or LONGEST))
    if not 1 <= int(one.get("max_length") or LONGEST) <= LONGEST:
        raise invalid("components.max_length", "NUMBER_TYPE_MAX", "between 1 and 4000")


def _label(one: JSON) -> None:
    _text(one, "label", 1, 45)
    if one.get("description"):
        _text(one, "description", 1, 100)
    if (one.get("component") or {}).get("type") not in ASKED:
        raise invalid("components.component", "BASE_TYPE_REQUIRED", "asks for nothing")


def _rest(one: JSON) -> None:
    kind = one.get("type")
    inside: list[JSON] = one.get("components") or []
    if kind == SECTION:
        _sized(inside, 1, 3, "components")
        _all_in(inside, {DISPLAY}, "components")
        if (one.get("accessory") or {}).get("type") not in (BUTTON, THUMBNAIL):
            raise invalid("accessory", "BASE_TYPE_REQUIRED", "This field is required")
    elif kind == CONTAINER:
        _sized(inside, 1, MOST, "components")
        _all_in(inside, TOP - {CONTAINER}, "components")
        if not 0 <= int(one.get("accent_color") or 0) <= 0xFFFFFF:
            raise invalid("accent_color", "NUMBER_TYPE_MAX", "no colour")
    elif kind in {RADIOS, CHECKBOXES}:
        _text(one, "custom_id", 1, 100)
        _options(one, 10)
    elif kind in {UPLOAD, CHECKBOX}:
        _text(one, "custom_id", 1, 100)
    elif kind not in {SEPARATOR, GALLERY, THUMBNAIL, FILE}:
        raise invalid("components", "UNION_TYPE_CHOICES", f"no component {kind}")


def _text(one: JSON, name: str, least: int, most: int) -> None:
    said = one.get(name)
    if not isinstance(said, str) or len(said) < least:
        raise invalid(name, "BASE_TYPE_REQUIRED", "This field is required")
    if len(said) > most:
        raise invalid(name, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def _sized(held: list[JSON], least: int, most: int, where: str) -> None:
    if not least <= len(held) <= most:
        told = f"Must be between {least} and {most} in length."
        raise invalid(where, "BASE_TYPE_BAD_LENGTH", told)


def _all_in(held: list[JSON], kinds: Iterable[int], where: str) -> None:
    wrong = [one.get("type") for one in held if one.get("type") not in set(kinds)]
    if wrong:
        raise invalid(where, "UNION_TYPE_CHOICES", f"not one of {sorted(kinds)}: {wrong}")


def _unlike(every: list[JSON]) -> None:
    ids = [one["custom_id"] for one in every if one.get("custom_id")]
    if len(set(ids)) < len(ids):
        raise invalid("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "custom_id must be unique")
    numbers = [int(one["id"]) for one in every if one.get("id")]
    if len(set(numbers)) < len(numbers):
        raise invalid("components", "COMPONENT_ID_DUPLICATED", "id must be unique")
    if any(not 0 < number < 1 << 31 for number in numbers):
        raise invalid("components.id", "NUMBER_TYPE_MAX", "a positive number of 32 bits")


def numbered(components: list[JSON]) -> list[JSON]:
    """Return components as Discord keeps them: each with an id of its own."""
    every = nested(components)
    taken = {int(one["id"]) for one in every if one.get("id")}
    free = (number for number in itertools.count(1) if number not in taken)
    for one in every:
        if not one.get("id"):
            one["id"] = next(free)
    return components
