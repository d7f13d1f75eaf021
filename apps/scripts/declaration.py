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
    separate    true where a value stands in an element of its own: -n 5
    refuses     characters with which no value may begin
    fixed       true where a positional takes its number from whatever comes after it

The schema's own `x-hub` holds `exclusive` (groups of fields of which at most one, or
exactly one if `required`, may be given), `file_prefix` and `negative_flags`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.scripts.commands import JsonObject
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
from apps.scripts.rendering import same

# A range of more numbers than this is a minimum and a maximum, not a list to choose
# from.
RANGE_AS_CHOICES = 50
MAX_CHOICES = 1000
# More of one flag than anybody means.
MAX_COUNT = 32
TRUTHS = ("store_true", "store_false")
# Actions that add to what is there instead of putting theirs in its place.
GATHERING = ("append", "append_const", "extend", "count")


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
    def dest(self) -> str:
        """What argparse stores it as, if it is not called by that."""
        dest: str = self.hub.get("dest", self.name)
        return dest

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
    # Which field an argument is given by, by the argument's id().
    by_argument: dict[int, str] = field(default_factory=dict)
    # Fields that store to the same dest, so that the last one given would win.
    rivals: list[list[str]] = field(default_factory=list)


def fields_of(line: CommandLine) -> Fields:
    """Return the fields for what the arguments of a parser store.

    There is one for each dest; a further option that stores something else to the same
    dest has a field of its own, called as the option is.
    """
    result = Fields()
    by_dest: dict[str, list[Argument]] = {}
    for argument in line.arguments:
        by_dest.setdefault(argument.dest, []).append(argument)
    for dest, arguments in by_dest.items():
        _add_fields(dest, arguments, by_dest, result)
    return result


def _add_fields(
    dest: str,
    arguments: list[Argument],
    by_dest: Mapping[str, list[Argument]],
    result: Fields,
) -> None:
    made, rest = _field_of(arguments, result.notes)
    if made is None:
        result.notes += [_note(other, "same_dest", dest=dest) for other in rest]
        return
    result.fields[dest] = made
    apart = {id(one) for one in rest}
    result.by_argument |= {id(a): dest for a in arguments if id(a) not in apart}
    rivals = [dest]
    for other in rest:
        name = (flag_of(other.flags) or "").lstrip("-").replace("-", "_")
        if not other.flags or not name or name in by_dest or name in result.fields:
            result.notes.append(_note(other, "same_dest", dest=dest))
            continue
        own = replace(other, default=Known(None))
        if other.action in ("store_const", *TRUTHS):
            # What it stores is nobody's value; whether it is given is.
            own = replace(own, action="store_true", default=Known(False))
        one, _none = _field_of([own], result.notes)
        if one is None:
            continue
        one.name, one.hub["dest"] = name, dest
        result.fields[name] = one
        result.by_argument[id(other)] = name
        rivals += [] if other.action in GATHERING or other.is_custom else [name]
    if len(rivals) > 1 and not (set(rivals) <= _exclusive_already(arguments, result)):
        result.rivals.append(rivals)


def _exclusive_already(arguments: list[Argument], result: Fields) -> set[str]:
    """Names of the fields that the script itself has in one exclusive group."""
    groups = {argument.exclusive for argument in arguments}
    if len(groups) != 1 or None in groups:
        return set()
    found = (result.by_argument.get(id(argument)) for argument in arguments)
    return {name for name in found if name is not None}


def _field_of(
    arguments: list[Argument], notes: list[Note]
) -> tuple[Field | None, list[Argument]]:
    """One field for the arguments of one dest, and those that it does not cover."""
    valued = [a for a in arguments if a.action not in SWITCHES]
    if not valued:
        return _switch(arguments, notes), []
    each = [a for a in arguments if a.action == "append_const"]
    if each and each[0] is valued[0]:
        rest = [a for a in arguments if a not in each]
        return _each(each, notes), rest
    # argparse starts from the default of whichever was declared first.
    main = replace(valued[0], default=arguments[0].default)
    made = _count(main, notes) if main.action == "count" else _valued(main, notes)
    others = [a for a in arguments if a is not valued[0]]
    rest = [other for other in others if not _is_covered(other, made)]
    return made, rest


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
        **_aliases(arguments, {flag for _value, flag in pairs}),
        **_place(first),
    }
    return Field(first.dest, schema, hub, required)


def _each(arguments: list[Argument], notes: list[Note]) -> Field | None:
    """A list of what several options add to it."""
    pairs = []
    for argument in arguments:
        const = argument.const.value if isinstance(argument.const, Known) else None
        if is_scalar(const):
            pairs.append([const, flag_of(argument.flags)])
        else:
            notes.append(_note(argument, "setting", setting="a const"))
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
        **_aliases(arguments, {flag for _value, flag in pairs}),
        **_place(first),
    }
    if isinstance(first.default, Known) and first.default.value:
        hub["adds_to"] = json_default(first.default.value, schema)
    schema |= described(first, schema)
    return Field(first.dest, schema, hub, any(one.required for one in arguments))


def _aliases(arguments: list[Argument], shown: set[str | None]) -> JsonObject:
    """The other options that mean the same, for whoever looks for one of them."""
    others = [flag for argument in arguments for flag in argument.flags]
    found = [flag for flag in dict.fromkeys(others) if flag not in shown]
    return {"aliases": found} if found else {}


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
    hub = {"kind": "count", "flag": argument.name, "start": start}
    hub |= {**_aliases([argument], {argument.name}), **_place(argument)}
    return Field(argument.dest, schema, hub, argument.required)


# Options and positionals with a value, or a list of them.


def _valued(argument: Argument, notes: list[Note]) -> Field:
    argument = _with_true_default(argument)
    value = {"type": argument.type, **_choices(argument, notes), **argument.limits}
    schema = value
    # extend with a number of values: once, since each use takes as many.
    repeats = argument.action in REPEATS and not isinstance(argument.nargs, int)
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
    flag = flag_of(argument.flags)
    hub = {"kind": kind, "flag": flag, **_aliases([argument], {flag})}
    hub |= {**argument.manners, **_place(argument)}
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


def _with_true_default(argument: Argument) -> Argument:
    """argparse passes a text through the type; "yes" may be true, as it is for it."""
    default = argument.default.value if isinstance(argument.default, Known) else None
    if argument.words is None or not isinstance(default, str):
        return argument
    said = [
        value
        for value, word in zip((False, True), argument.words, strict=True)
        if word.lower() == default.lower()
    ]
    return replace(argument, default=Known(said[0])) if said else argument


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


def _place(argument: Argument) -> JsonObject:
    place: JsonObject = {"group": clean(argument.group) if argument.group else None}
    return {**place, "hidden": True} if argument.hidden else place
