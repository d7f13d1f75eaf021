"""From what was read of a script to the JSON Schema of its parameters.

Every property has an annotation `x-hub` that says how its value gets onto the command
line, so that a stored schema is all that is needed to check and to render values:

    kind        option      --limit=5
                list        --tag a b       (nargs; no value may begin with a dash)
                repeat      --tag=a --tag=b (append, extend, lists of other languages)
                switch      one option for each of some values: `switches` holds pairs
                            of a value and its option; another value is not rendered
                count       -v -v           (as often as the value is above `start`)
                positional  after "--", in order
    flag        the option as a person knows it; null for a positional
    nargs       argparse's nargs of an option or a positional, where it has one
    order       the place in the form and on the command line, from 0
    group       the title of the argument group, or null
    anonymous   whether a caller without credentials may set it
    hidden      true where the script's own --help does not show it
    adds_to     the items that argparse puts before the given ones
    false       the text that means false; without it, none does
    separate    true where a value stands in an element of its own: -n 5
    refuses     characters with which no value may begin
    fixed       true where a positional takes its number from whatever comes after it

The schema's own `x-hub` holds `exclusive` (groups of fields of which at most one, or
exactly one if `required`, may be given), `file_prefix` and `negative_flags`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from apps.scripts.defaults import (
    clean,
    default_of,
    described,
    is_of,
    is_scalar,
    json_default,
    type_of,
)
from apps.scripts.problems import Note
from apps.scripts.reader.arguments import (
    BOOLEAN_OPTIONAL,
    REPEAT,
    REPEATS,
    SWITCHES,
    Argument,
    flag_of,
)
from apps.scripts.reader.parsers import CommandLine
from apps.scripts.reader.scopes import Known, Value
from apps.scripts.rendering import JsonObject, same

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# A range of more numbers than this is a minimum and a maximum, not a list to choose
# from.
RANGE_AS_CHOICES = 50
MAX_CHOICES = 1000
# More of one flag than anybody means.
MAX_COUNT = 32


@dataclass
class Field:
    """One parameter on its way into the schema."""

    name: str
    schema: JsonObject
    hub: JsonObject
    required: bool = False
    # Whether a header may say that the text is really a number.
    type_is_open: bool = False

    @property
    def value_schema(self) -> JsonObject:
        """The schema of one value: of the items, where it is a list."""
        items: JsonObject = self.schema.get("items", self.schema)
        return items


@dataclass
class Fields:
    """All parameters of a script, by dest, with what was left out of them."""

    fields: dict[str, Field] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def assemble(
    fields: Iterable[Field],
    *,
    exclusive: list[JsonObject],
    line: CommandLine,
) -> JsonObject:
    """Return the JSON Schema of a script's parameters."""
    fields = list(fields)
    properties = {}
    for order, one in enumerate(fields):
        hub = {"group": None, "anonymous": True, **one.hub, "order": order}
        properties[one.name] = {**one.schema, "x-hub": hub}
    schema: JsonObject = {
        "$schema": DIALECT,
        "type": "object",
        "properties": properties,
        "required": [one.name for one in fields if one.required],
        "additionalProperties": False,
        "x-hub": {
            "exclusive": exclusive,
            "file_prefix": line.file_prefix,
            "negative_flags": line.has_negative_flags,
        },
    }
    if line.description:
        schema["description"] = clean(" ".join(line.description.split()))
    return schema


def exclusive_groups(line: CommandLine, fields: Fields) -> list[JsonObject]:
    """Return the groups of fields that exclude each other, and mark what they require.

    A required group of a single field makes that field required.
    """
    groups = []
    for number, required in line.exclusives.items():
        dests = [a.dest for a in line.arguments if a.exclusive == number]
        names = [dest for dest in dict.fromkeys(dests) if dest in fields.fields]
        if len(names) == 1 and required:
            _require(fields.fields[names[0]])
        elif len(names) > 1:
            groups.append({"fields": names, "required": required})
    return groups


def _require(one: Field) -> None:
    one.required = True
    one.schema.pop("default", None)
    if one.hub["kind"] == "switch":
        # The value that is there without any option would not be given.
        one.schema["enum"] = [value for value, _flag in one.hub["switches"]]


def fields_of(line: CommandLine) -> Fields:
    """Return a field for each dest that the arguments of a parser store to."""
    result = Fields()
    by_dest: dict[str, list[Argument]] = {}
    for argument in line.arguments:
        by_dest.setdefault(argument.dest, []).append(argument)
    for arguments in by_dest.values():
        made = _field_of(arguments, result.notes)
        if made is not None:
            result.fields[made.name] = made
    return result


def _field_of(arguments: list[Argument], notes: list[Note]) -> Field | None:
    """One field for all arguments of one dest: of several, the one with a value."""
    valued = [a for a in arguments if a.action not in SWITCHES]
    if not valued:
        return _switch(arguments, notes)
    # argparse starts from the default of whichever was declared first.
    main = replace(valued[0], default=arguments[0].default)
    made = _count(main, notes) if main.action == "count" else _valued(main, notes)
    notes += [
        _note(other, "same_dest", dest=other.dest)
        for other in arguments
        if other is not valued[0] and not _is_covered(other, made)
    ]
    return made


def _is_covered(other: Argument, made: Field | None) -> bool:
    """Whether what a switch stores can be given as a value just as well."""
    if made is None or other.action not in SWITCHES or other.required:
        return False
    stored = [value for value, _flag in _switches_of(other) or []]
    return bool(stored) and all(is_of(value, made.schema) for value in stored)


def _note(argument: Argument, code: str, **params: object) -> Note:
    return Note(argument.line, code, {"name": argument.name, **params})


# Switches: options without a value, each of which stands for one.


def _switch(arguments: list[Argument], notes: list[Note]) -> Field | None:
    pairs: list[tuple[Any, str]] = []
    for argument in arguments:
        switches = _switches_of(argument)
        if switches is None:
            notes.append(_note(argument, "setting", setting="a const"))
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
        **_place(first),
    }
    return Field(first.dest, schema, hub, required)


def _switches_of(argument: Argument) -> list[tuple[Any, str]] | None:
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


def _count(argument: Argument, notes: list[Note]) -> Field | None:
    value = argument.default.value if isinstance(argument.default, Known) else False
    unset = 0 if value is None else value
    if type(unset) is not int or unset < 0:
        notes.append(_note(argument, "setting", setting="a default"))
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
    hub = {"kind": "count", "flag": argument.name, "start": start, **_place(argument)}
    return Field(argument.dest, schema, hub, argument.required)


# Options and positionals with a value, or a list of them.


def _valued(argument: Argument, notes: list[Note]) -> Field:
    value = {"type": argument.type, **_choices(argument, notes), **argument.limits}
    schema = value
    repeats = argument.action in REPEATS
    if repeats or argument.takes_list:
        schema = {"type": "array", "items": value, **_length(argument, repeats)}
        if argument.items:
            schema["prefixItems"] = [dict(item) for item in argument.items]
    kind = "option"
    if not argument.flags:
        kind = "positional"
    elif repeats:
        kind = "repeat"
    elif argument.takes_list:
        kind = "list"
    hub = {"kind": kind, "flag": flag_of(argument.flags), **_place(argument)}
    hub |= _manners(argument)
    if argument.nargs is not None and kind != "repeat":
        hub["nargs"] = argument.nargs
    adds = repeats and argument.action != REPEAT
    if adds and isinstance(argument.default, Known) and argument.default.value:
        hub["adds_to"] = json_default(argument.default.value, schema)
    elif not argument.required:
        schema |= default_of(argument, schema)
    schema |= described(argument, schema)
    _note_bare(argument, notes)
    return Field(argument.dest, schema, hub, argument.required, argument.type_is_open)


def _choices(argument: Argument, notes: list[Note]) -> JsonObject:
    choices = argument.choices
    if isinstance(choices, range) and _is_bounds(choices, argument.type):
        return {"minimum": choices[0], "maximum": choices[-1]}
    # None among the choices is for the default; no text becomes it.
    values = [choice for choice in (choices or ())[:MAX_CHOICES] if choice is not None]
    if not values or len(choices or ()) > MAX_CHOICES:
        return {}
    if not all(is_of(value, {"type": argument.type}) for value in values):
        notes.append(_note(argument, "choices_type"))
        return {}
    return {"enum": list(dict.fromkeys(values))}


def _is_bounds(choices: range, json_type: str) -> bool:
    wide = len(choices) > RANGE_AS_CHOICES
    return wide and choices.step == 1 and json_type == "integer"


def _length(argument: Argument, repeats: bool) -> JsonObject:
    if isinstance(argument.nargs, int) and not repeats:
        return {"minItems": argument.nargs, "maxItems": argument.nargs}
    # What no item at all would leave to the script's default is not given at all.
    unset = isinstance(argument.default, Known) and not argument.default.value
    if not repeats and argument.nargs != "+" and (argument.flags or unset):
        return {}
    return {"minItems": 1}


def _note_bare(argument: Argument, notes: list[Note]) -> None:
    """Say that `--color` alone cannot be asked for, where it is no value's equal."""
    if argument.nargs != "?" or not argument.flags:
        return
    const = argument.const.value if isinstance(argument.const, Known) else ...
    if const is not None and not is_of(const, {"type": argument.type}):
        shown = "something else" if const is ... else repr(const)
        notes.append(_note(argument, "bare", const=shown))


def _manners(argument: Argument) -> JsonObject:
    """How the parser takes values, where that is not argparse's way."""
    manners: JsonObject = {}
    if argument.false_text and argument.type == "boolean":
        manners["false"] = argument.false_text
    if argument.separate:
        manners["separate"] = True
    if argument.fixed:
        manners["fixed"] = True
    if argument.refuses:
        manners["refuses"] = argument.refuses
    return manners


def _place(argument: Argument) -> JsonObject:
    place: JsonObject = {"group": clean(argument.group) if argument.group else None}
    return {**place, "hidden": True} if argument.hidden else place
