"""From typed values to the texts of a form, a link or a command line, and lists of lines.

What `convert` reads is written here, so that a run, a preset or a link can fill in a form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.scripts.parameters import convert
from apps.scripts.problems import show
from apps.scripts.rendering import same

Text = str | list[str]
ANY_PLACE = {"kind": "option", "flag": "--value", "order": 0}


def lines_of(text: str) -> list[str]:
    """Return the items of a list that was typed one a line.

    Empty lines at the end are none: whoever types ends the last line too.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def to_text(name: str, about: Mapping[str, Any], value: Any) -> Text | None:
    """Return the words that say `value` on a command line, a list of them for a list.

    None where no words do: `convert` would make another value of them. What is wrong
    for the parameter is written all the same, so that it can be shown and corrected.
    """
    text = _text(about, value)
    return text if _is_read_back(name, about, text, value) else None


def to_field(name: str, about: Mapping[str, Any], value: Any) -> str | None:
    """Return the text that says `value` in a form, where a list has an item a line and
    an empty text leaves it to the script. None where no text does."""
    text = to_text(name, about, value)
    if isinstance(text, list):
        joined = "\n".join(text)
        return joined if joined and lines_of(joined) == text else None
    return text or None


def _text(about: Mapping[str, Any], value: Any) -> Text:
    if isinstance(value, list):
        items = about.get("items", {})
        return [_scalar(items, item) for item in value]
    return _scalar(about, value)


def _scalar(about: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and about.get("type") == "integer":
        return str(int(value)) if value.is_integer() else str(value)
    return show(value) if isinstance(value, bool) or value is None else str(value)


def takes_list(about: Mapping[str, Any]) -> bool:
    """Whether a parameter is a list; or may be, by the command that is chosen."""
    kinds = [about, *about.get("x-hub", {}).get("variants", ())]
    return any(kind.get("type") == "array" for kind in kinds)


def read_text(name: str, about: Mapping[str, Any], text: Text) -> Any:
    """Return the value that a text stands for, as far as one parameter tells; the text
    itself where it stands for none, or for another thing in each command."""
    return _read(name, about, text).get(name, text)


def _read(name: str, about: Mapping[str, Any], text: Text) -> dict[str, Any]:
    if "variants" in about.get("x-hub", {}):
        return {}
    # Its type alone counts here, neither its place nor what it belongs to.
    schema = {"properties": {name: {**about, "x-hub": ANY_PLACE}}}
    return convert(schema, {name: text})[0]


def _is_read_back(name: str, about: Mapping[str, Any], text: Text, value: Any) -> bool:
    read = _read(name, about, text)
    # What cannot be converted at all is shown, with the sentence that says so.
    return name not in read or _equal(read[name], value)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(a, b) for a, b in pairs)
    return isinstance(one, list) == isinstance(other, list) and same(one, other)
