"""Defaults and help texts of arguments, as the JSON and the words of a schema."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from apps.scripts.commands import JsonObject
from apps.scripts.reader.arguments import Argument
from apps.scripts.reader.scopes import Known, Unknown, Value
from apps.scripts.rendering import item_schema, same

UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
MAX_LISTED = 10_000
# A width in a help text would have Python make a text of that length.
WIDE_FORMAT = re.compile(r"%\(\w+\)[^a-zA-Z%]*\d{3}")


def default_of(argument: Argument, schema: JsonObject) -> JsonObject:
    value = argument.default.value if isinstance(argument.default, Known) else None
    default = json_default(value, schema)
    return {} if default is None else {"default": default}


def json_default(value: Any, schema: JsonObject) -> Any:
    """A default as JSON, None where it is none or not of the parameter's type."""
    if isinstance(value, PurePosixPath):
        value = str(value)
    if schema["type"] == "array":
        if not isinstance(value, list | tuple):
            return None
        items = [
            json_default(item, item_schema(schema, number))
            for number, item in enumerate(value)
        ]
        fits = schema.get("minItems", 0) <= len(items) <= schema.get("maxItems", 1000)
        return items if fits and None not in items else None
    if isinstance(value, str) and schema["type"] != "string":
        # argparse passes a text through the type, as if it had been typed in.
        value = _from_text(value, schema["type"])
    return value if is_of(value, schema) else None


def _from_text(text: str, json_type: str) -> Any:
    convert: Any = {"integer": int, "number": float, "boolean": bool}[json_type]
    try:
        return convert(text)
    except ValueError:
        return None


def described(argument: Argument, schema: JsonObject) -> JsonObject:
    """The help text, with the default put in, or added where only words can say it."""
    text = _expand(argument.help or "", argument)
    said = argument.default if not argument.required else Known(None)
    unsaid = "default" not in schema and said != Known(None) and said != Known([])
    if unsaid and "default" not in text.lower():
        label = "Added to" if argument.action in ("append", "extend") else "Default"
        stop = ". " if text and text[-1] not in ".!?" else " "
        text = f"{text}{stop}{label}: {shown_default(said)}.".strip()
    return {"description": clean(text)} if text else {}


def shown_default(default: Value) -> str:
    """Return a default in words, as a help text would name it."""
    match default:
        case Known(value=[*items]):
            return ", ".join(str(item) for item in items)
        case Known():
            return str(default.value)
        case Unknown():
            return default.code
    fallback = default.otherwise
    if not isinstance(fallback, Known) or fallback.value is None:
        return str(default.given)
    return f"{default.given}, or {fallback.value} where {default.variable} is not set"


def _expand(text: str, argument: Argument) -> str:
    default = argument.default
    plain = isinstance(default, Known) and isinstance(default.value, int | float)
    words = {
        "default": default.value if plain else shown_default(default),  # type: ignore[union-attr]
        "choices": _listed(argument.choices or ()),
        "const": shown_default(argument.const),
        "dest": argument.dest,
        "metavar": argument.dest.upper(),
        "nargs": argument.nargs,
        "prog": "the script",
        "required": argument.required,
        "type": {"integer": "int", "number": "float"}.get(argument.type),
    }
    try:
        filled = text if WIDE_FORMAT.search(text) else text % words
    except (ValueError, TypeError, KeyError):
        # argparse itself would fail to print this help.
        filled = text
    return clean(" ".join(filled.split()))


def _listed(choices: Sequence[object]) -> str:
    """Return choices as argparse's help has them, unless there are endless ones."""
    texts = [str(choice) for choice in choices[:MAX_LISTED]]
    return ", ".join(texts + ["…"] * (len(choices) > MAX_LISTED))


def clean(text: str) -> str:
    """Return text that any database and any encoding can hold."""
    return UNSTORABLE.sub("\ufffd", text)


# JSON's idea of values, where Python's is looser.


def is_scalar(value: Any) -> bool:
    """Whether a value is storable text, a finite number or a boolean."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return not UNSTORABLE.search(value)
    return isinstance(value, int)


def is_of(value: Any, schema: JsonObject) -> bool:
    """Whether a scalar is of a schema's type and among its choices."""
    if not is_scalar(value) or schema.get("type", type_of(value)) not in (
        type_of(value),
        "number" if type_of(value) == "integer" else "",
    ):
        return False
    choices = schema.get("enum")
    return choices is None or any(same(value, choice) for choice in choices)


def type_of(value: Any) -> str:
    """Return the JSON type of a scalar."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) else "number"
