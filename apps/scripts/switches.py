"""Options without a value: switches, counts, and lists of what several of them add."""

from __future__ import annotations

from typing import Any

from apps.scripts.commands import JsonObject
from apps.scripts.defaults import described, is_scalar, json_default, type_of
from apps.scripts.fields import Field, aliases_of, note_of, place_of
from apps.scripts.problems import Note
from apps.scripts.reader.arguments import BOOLEAN_OPTIONAL, Argument, flag_of
from apps.scripts.reader.scopes import Known, Value
from apps.scripts.rendering import same

# More of one flag than anybody means.
MAX_COUNT = 32


def switch_field(arguments: list[Argument], notes: list[Note]) -> Field | None:
    pairs: list[tuple[Any, str]] = []
    for argument in arguments:
        switches = switches_of(argument)
        if switches is None:
            notes.append(note_of(argument, "setting", setting="a const"))
        for value, flag in switches or []:
            if not any(same(value, known) for known, _flag in pairs):
                pairs.append((value, flag))
    if not pairs:
        return None
    first = arguments[0]
    required = any(argument.required for argument in arguments)
    values = [value for value, _flag in pairs]
    schema = _switch_schema(values, first.default, required)
    schema |= described(first, schema)
    hub = {
        "kind": "switch",
        "flag": pairs[0][1],
        "switches": [list(pair) for pair in pairs],
        **aliases_of(arguments, {flag for _value, flag in pairs}),
        **place_of(first),
    }
    return Field(first.dest, schema, hub, required)


def each_field(arguments: list[Argument], notes: list[Note]) -> Field | None:
    """A list of what several options add to it."""
    pairs = []
    for argument in arguments:
        const = argument.const.value if isinstance(argument.const, Known) else None
        if is_scalar(const):
            pairs.append([const, flag_of(argument.flags)])
        else:
            notes.append(note_of(argument, "setting", setting="a const"))
    if not pairs:
        return None
    first = arguments[0]
    values = [value for value, _flag in pairs]
    schema: JsonObject = {"type": "array", "items": {"enum": values}, "minItems": 1}
    types = {type_of(value) for value in values}
    if len(types) == 1:
        schema["items"] = {"type": types.pop(), "enum": values}
    hub = {
        "kind": "each",
        "flag": pairs[0][1],
        "switches": pairs,
        **aliases_of(arguments, {flag for _value, flag in pairs}),
        **place_of(first),
    }
    if isinstance(first.default, Known) and first.default.value:
        hub["adds_to"] = json_default(first.default.value, schema)
    schema |= described(first, schema)
    return Field(first.dest, schema, hub, any(one.required for one in arguments))


def switches_of(argument: Argument) -> list[tuple[Any, str]] | None:
    flag = flag_of(argument.flags) or ""
    if argument.action == BOOLEAN_OPTIONAL:
        negative = [(False, f"--no-{flag[2:]}")] if flag.startswith("--") else []
        return [(True, flag), *negative]
    if argument.action in ("store_true", "store_false"):
        return [(argument.action == "store_true", flag)]
    const = argument.const.value if isinstance(argument.const, Known) else None
    return [(const, flag)] if is_scalar(const) else None


def _switch_schema(values: list[Any], default: Value, required: bool) -> JsonObject:
    """What may be asked for: what a switch stores, or what is there without any."""
    allowed = list(values)
    if isinstance(default, Known) and not required:
        unset = default.value
        if unset is None and all(isinstance(value, bool) for value in values):
            # Neither true nor false, which scripts take for false.
            unset = False
        if is_scalar(unset) and not any(same(unset, value) for value in allowed):
            allowed.append(unset)
    types = {type_of(value) for value in allowed}
    schema: JsonObject = {"type": types.pop()} if len(types) == 1 else {}
    if schema.get("type") != "boolean" or len(allowed) < 2:
        schema["enum"] = allowed
    if isinstance(default, Known) and is_scalar(default.value) and not required:
        schema["default"] = default.value
    return schema


def count_field(argument: Argument, notes: list[Note]) -> Field | None:
    value = argument.default.value if isinstance(argument.default, Known) else False
    unset = 0 if value is None else value
    if type(unset) is not int or unset < 0:
        notes.append(note_of(argument, "setting", setting="a default"))
        return None
    start = unset if argument.counts_from is None else argument.counts_from
    # Without the option it is the default, whatever it would count from.
    schema: JsonObject = {
        "type": "integer",
        "minimum": start + (argument.required or unset != start),
        "maximum": start + MAX_COUNT,
        **argument.limits,
    }
    if value is not None and not argument.required:
        schema["default"] = unset
    schema |= described(argument, schema)
    hub = {"kind": "count", "flag": argument.name, "start": start}
    hub |= {**aliases_of([argument], {argument.name}), **place_of(argument)}
    return Field(argument.dest, schema, hub, argument.required)
