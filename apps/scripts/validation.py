"""Checking parameters against a script's schema, and texts on their way to values.

The rules of JSON Schema draft 2020-12 are the jsonschema library's. On top of them: the
limits on size, what no command line carries, and words that name the way out. As in
JSON Schema 5.0 is an integer; "5" is not, and true is not 1.

A pattern from a script's header may be slow by its nature; it only ever meets values
of at most MAX_BYTES, and whoever writes headers writes scripts as well.
"""

from __future__ import annotations

import datetime
import difflib
import math
import re
import uuid
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from apps.scripts.commands import active_commands, chosen, command_fields, paths_of
from apps.scripts.problems import (
    PRINTABLE_BITS,
    Problem,
    show,
    show_all,
    show_name,
)
from apps.scripts.rendering import is_rendered, item_schema, rendering_problems
from apps.scripts.secrecy import HIDDEN, MIN_CHARACTERS, is_secret

MAX_PARAMETERS = 64
# Of one parameter's text in UTF-8; a list counts its items, and one byte for each.
MAX_BYTES = 8 * 1024
MAX_BYTES_TOGETHER = 64 * 1024
# Of one list; the rest would say the same.
MAX_ITEM_PROBLEMS = 5
MAX_ERRORS = 100

CONTROL = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f]")
SURROGATE = re.compile("[\ud800-\udfff]")
INTEGER = re.compile(r"[+-]?[0-9]+")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*")
TRUE = {"true", "yes", "on", "1"}
FALSE = {"false", "no", "off", "0"}

FORMATS = FormatChecker(formats=())


def validate(schema: Mapping[str, Any], values: object) -> list[Problem]:
    """Return what is wrong with the parameters of a run; empty when nothing is.

    The same check serves the admin, the API, the command line, tasks and schedules.
    Never raises for anything that JSON can hold, nor for lone surrogates or NaN.
    """
    if not isinstance(values, Mapping):
        return [Problem("", "not_object", {"value": show(values)})]
    return _check(schema, values, wrong=set())


def value_problems(name: str, schema: Mapping[str, Any], value: Any) -> list[Problem]:
    """Return what is wrong with the value of one parameter.

    What is said of a secret never quotes it.
    """
    if not is_secret(schema):
        return _value_problems(name, schema, value)
    if isinstance(value, str) and HIDDEN[0] in value:
        return [Problem(name, "dots", {"dot": HIDDEN[0]})]
    if isinstance(value, str) and len(value.strip()) < MIN_CHARACTERS:
        return [Problem(name, "min_length", {"limit": MIN_CHARACTERS})]
    return [
        Problem(p.field, p.code, {**p.params, "value": HIDDEN})
        for p in _value_problems(name, schema, value)
    ]


def _value_problems(name: str, schema: Mapping[str, Any], value: Any) -> list[Problem]:
    # Before any pattern is tried on it.
    if (size := _size(value)) > MAX_BYTES:
        return [Problem(name, "too_long", {"size": size, "limit": MAX_BYTES})]
    problems = list(_text_problems(name, value))
    if problems:
        return problems[:MAX_ITEM_PROBLEMS]
    validator = Draft202012Validator(schema, format_checker=FORMATS)
    errors = list(islice(validator.iter_errors(value), MAX_ERRORS))
    # What is of the wrong type breaks other rules too, which would only confuse.
    of_type = [error for error in errors if error.validator == "type"]
    return [_problem(name, error) for error in of_type or errors][:MAX_ITEM_PROBLEMS]


def convert(
    schema: Mapping[str, Any], strings: Mapping[str, str | list[str]]
) -> tuple[dict[str, Any], list[Problem]]:
    """Turn the texts of a form or a command line into typed values, and check them.

    A list may come as one text, an item a line. A field that was left empty in a form
    must not be among `strings`: an empty text is a value. Returns the values that are
    right so far, and all problems, those of `validate` included.
    """
    everything = schema.get("properties", {})
    # Which fields there are, and of what type, depends on the commands.
    fields = {**everything, **chosen(schema, strings).get("properties", {})}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in strings.items():
        if name not in fields:
            values[name] = text
            continue
        found = _converted(name, fields[name], text)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            values[name] = found[0]
    wrong = {problem.field for problem in problems}
    problems += _check(schema, values, wrong=wrong)
    known = {name: value for name, value in values.items() if name in fields}
    return known, problems


def _check(
    schema: Mapping[str, Any], values: Mapping[str, Any], *, wrong: set[str]
) -> list[Problem]:
    """`wrong` are fields that were given, but not as what they should be."""
    if problems := _size_problems(values):
        return problems
    everything = schema.get("properties", {})
    held = chosen(schema, values)
    fields = held.get("properties", {})
    problems = []
    for name, value in values.items():
        if name in fields:
            problems += value_problems(name, fields[name], value)
        elif name not in everything:
            problems.append(_unknown(name, everything))
    wrong = wrong | {problem.field for problem in problems}
    missing = set(held.get("required", [])) - values.keys() - wrong
    problems += [Problem(name, "required") for name in fields if name in missing]
    right = {n: v for n, v in values.items() if n in fields and n not in wrong}
    problems += _exclusive_problems(held, right, wrong)
    problems += _command_problems(schema, values, fields, wrong | missing)
    return problems + rendering_problems(schema, right)


def _command_problems(
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    fields: Mapping[str, Any],
    wrong: set[str],
) -> Iterator[Problem]:
    """Find what belongs to a command that is not chosen."""
    if not wrong.isdisjoint(command_fields(schema)):
        # Which command is meant is not known, and said to be missing or wrong.
        return
    by_path = {one["name"]: one for one in schema.get("x-hub", {}).get("commands", [])}
    active = active_commands(schema, values)
    for name in values:
        if name in fields or name not in schema["properties"]:
            continue
        paths = [path for path in paths_of(schema["properties"][name]) if path]
        params: dict[str, object] = {
            "commands": ", ".join(paths),
            "field": by_path[paths[0]]["field"],
        }
        if active:
            params["chosen"] = active[-1]["name"]
        yield Problem(name, "other_command" if active else "no_command", params)


def _size_problems(values: Mapping[str, Any]) -> list[Problem]:
    if len(values) > MAX_PARAMETERS:
        params = {"count": len(values), "limit": MAX_PARAMETERS}
        return [Problem("", "too_many", params)]
    sizes = [len(_utf8(str(name))) + _size(value) for name, value in values.items()]
    if (size := sum(sizes)) > MAX_BYTES_TOGETHER:
        params = {"size": size, "limit": MAX_BYTES_TOGETHER}
        return [Problem("", "too_long_together", params)]
    return []


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(_utf8(value))
    if isinstance(value, list):
        # A list in a list is of the wrong type, whatever its size.
        return sum(1 + (not isinstance(item, list) and _size(item)) for item in value)
    if isinstance(value, int) and value.bit_length() > PRINTABLE_BITS:
        # Python would not print it, and no script could read it.
        return MAX_BYTES + 1
    return 0


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text_problems(name: str, value: Any) -> Iterator[Problem]:
    """Find what no command line carries; the type is checked elsewhere."""
    items = value if isinstance(value, list) else [value]
    for number, item in enumerate(items):
        if code := _unfit(item):
            params: dict[str, object] = {"value": show(item)}
            if isinstance(value, list):
                params["item"] = number
            yield Problem(name, code, params)


def _unfit(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "not_finite"
    if not isinstance(value, str):
        return None
    if "\0" in value:
        return "nul"
    if SURROGATE.search(value):
        return "surrogate"
    return "control" if CONTROL.search(value) else None


def _problem(name: str, error: ValidationError) -> Problem:
    """Say in our words what jsonschema found."""
    code, params = _explained(error)
    if error.absolute_path:
        params["item"] = error.absolute_path[0]
    return Problem(name, code, params)


def _explained(error: ValidationError) -> tuple[str, dict[str, object]]:
    rule = str(error.validator)
    limit: Any = error.validator_value
    params: dict[str, object] = {"value": show(error.instance)}
    match rule:
        case "type":
            return f"type_{limit}", params
        case "format":
            return f"format_{limit}", params
        case "enum":
            return "enum", {**params, "choices": show_all(limit)}
        case "minimum" | "maximum":
            return rule, {**params, "limit": limit}
        case "exclusiveMinimum" | "exclusiveMaximum":
            code = "above" if rule == "exclusiveMinimum" else "below"
            return code, {**params, "limit": limit}
        case "pattern":
            return "pattern", {**params, "pattern": limit}
        case "minLength":
            return "min_length", {"limit": limit}
        case "minItems" | "maxItems":
            code = "min_items" if rule == "minItems" else "max_items"
            items: Any = error.instance
            return code, {"limit": limit, "count": len(items)}
        case _:
            return "invalid", {**params, "rule": rule}


def _unknown(name: object, fields: Mapping[str, Any]) -> Problem:
    shown = show_name(name)
    if not fields:
        return Problem(shown, "unknown_none")
    if close := difflib.get_close_matches(shown, fields, n=1):
        return Problem(shown, "unknown_similar", {"similar": close[0]})
    return Problem(shown, "unknown", {"names": ", ".join(fields)})


def _exclusive_problems(
    schema: Mapping[str, Any], values: Mapping[str, Any], wrong: set[str]
) -> Iterator[Problem]:
    fields = schema.get("properties", {})
    for group in schema.get("x-hub", {}).get("exclusive", []):
        names = group["fields"]
        given = [n for n in names if n in values and is_rendered(fields[n], values[n])]
        for name in given[1:]:
            yield Problem(name, "exclusive", {"other": given[0]})
        if group["required"] and not given and wrong.isdisjoint(names):
            yield Problem("", "one_required", {"fields": ", ".join(names)})


# Texts of a form or a command line.


def _converted(
    name: str, schema: Mapping[str, Any], text: str | list[str]
) -> tuple[Any] | Problem:
    """The value in a tuple of its own, since it may be anything but a Problem."""
    if schema.get("type") != "array":
        if isinstance(text, list):
            return Problem(name, "not_single", {"count": len(text)})
        return _scalar(name, schema, text)
    items = _unified(text).split("\n") if isinstance(text, str) else text
    values: list[Any] = []
    for number, item in enumerate(items):
        found = _scalar(name, item_schema(schema, number), item)
        if isinstance(found, Problem):
            return Problem(name, found.code, {**found.params, "item": number})
        values += found
    return (values,)


def _scalar(name: str, schema: Mapping[str, Any], text: str) -> tuple[Any] | Problem:
    text = _unified(text)
    wrong = {"value": show(text)}
    match schema.get("type"):
        case "string":
            return (text,)
        case "integer":
            return (
                _number(text)
                if INTEGER.fullmatch(text.strip())
                else Problem(name, "not_integer", wrong)
            )
        case "number":
            return (
                _number(text)
                if NUMBER.fullmatch(text.strip())
                else Problem(name, "not_number", wrong)
            )
        case "boolean":
            return _boolean(name, text)
        case _:
            # Choices of several types: the one that reads like the text.
            same = [c for c in schema.get("enum", []) if text in _readings(c)]
            return (same[0],) if same else (text,)


def _readings(choice: Any) -> tuple[str, ...]:
    return (choice,) if isinstance(choice, str) else (str(choice), show(choice))


def _unified(text: str) -> str:
    # A browser ends the lines of a text area with CR LF.
    return text.replace("\r\n", "\n")


def _number(text: str) -> tuple[int | float]:
    if not INTEGER.fullmatch(text.strip()):
        return (float(text),)
    # Longer than any number that a parameter may be; int() would refuse it.
    return (int(text),) if len(text) < 4000 else (math.inf,)


def _boolean(name: str, text: str) -> tuple[bool] | Problem:
    word = text.strip().lower()
    if word in TRUE or word in FALSE:
        return (word in TRUE,)
    return Problem(name, "not_boolean", {"value": show(text)})


@FORMATS.checks("uri", raises=ValueError)
def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    # urlsplit drops newlines and tabs; they are no part of an address.
    if any(c.isspace() or not c.isprintable() for c in value):
        return False
    parts = urlsplit(value)
    # Reading the port checks that it is a number.
    return bool(parts.scheme and parts.hostname) and parts.port != 0


@FORMATS.checks("date", raises=ValueError)
def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(DATE.fullmatch(value) and datetime.date.fromisoformat(value))


@FORMATS.checks("email")
def _is_email(value: object) -> bool:
    return not isinstance(value, str) or bool(EMAIL.fullmatch(value))


@FORMATS.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or bool(uuid.UUID(value.strip()))


@FORMATS.checks("path")
def _is_path(value: object) -> bool:
    return not isinstance(value, str) or bool(value.strip() and "\n" not in value)


@FORMATS.checks("upload", raises=ValueError)
def _is_upload(value: object) -> bool:
    # As the hub writes it, so that each has one name.
    return not isinstance(value, str) or str(uuid.UUID(value)) == value
