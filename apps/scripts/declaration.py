"""From what was read of a script to the JSON Schema of its parameters.

Every property has an annotation `x-hub` that says how its value gets onto the command
line, so that a stored schema is all that is needed to check and to render values:

    kind        option      --limit=5
                list        --tag a b       (nargs; no value may begin with a dash)
                repeat      --tag=a --tag=b (append, extend, lists of other languages)
                switch      one option for each of some values: `switches` holds pairs
                            of a value and its option; another value is not rendered
                each        one option for each item: `switches` as above (append_const)
                count       -v -v           (as often as the value is above `start`)
                positional  after "--", in order
                secret      never on the command line: in the variable `env`, or on
                            standard input where `stdin` is true
                command     the name of a sub-command, with what is its own after it
                extra       arguments that go to the script as they are, before "--"
                variants    several kinds: see below
    flag        the option as a person knows it; null for a positional
    aliases     other options that mean the same
    nargs       argparse's nargs of an option or a positional, where it has one
    words       what is written for false and for true, if not "" and "true"
    dest        what argparse stores it as, where that is another property's name
    order       the place in the form and on the command line, from 0
    group       the title of the argument group, or null
    anonymous   whether a caller without credentials may set it
    hidden      true where the script's own --help does not show it
    adds_to     the items that argparse puts before the given ones
    multiline   true where the text may have several lines
    file, max_bytes, accept, choices_from   see `inputs`
    separate    true where a value stands in an element of its own: -n 5
    refuses     characters with which no value may begin
    fixed       true where a positional takes its number from whatever comes after it
    commands    the paths of the commands that it belongs to; absent: to the script's
                own parser, whatever is chosen
    variants    where commands define it differently: whole properties, each with its
                own `x-hub.commands`

The schema's own `x-hub` holds `exclusive` (groups of fields of which at most one, or
exactly one if `required`, may be given), `file_prefix`, `negative_flags`, `extra` (true
where something could not be read, and `extra_arguments` is a property) and `commands`.

Sub-commands. A property of kind "command", called as the sub-parsers' dest or
"command", has their names as its `enum`. Each is known by its path, the names that lead
to it with a space between them; "" is the script's own parser. The root's `commands`
lists them, outermost first:

    name         the path: "remote add"
    field, value the property that chooses it, and by what
    aliases, help, description      for people; an alias is no value
    fields       the names of its own properties, in its order
    required, exclusive             as at the root, where it is chosen

A property that is in the script's parser and in commands has "" among its `commands`;
the innermost one that is chosen decides. The root's own `required` and `exclusive` hold
whatever is chosen. `commands.chosen(schema, values)` returns the plain schema of what
values choose: forms and checks need no more. For other validators `dependentSchemas`
and `allOf` say the same, and a property with variants is `anyOf` them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from apps.scripts.commands import JsonObject
from apps.scripts.defaults import (
    default_of,
    described,
    is_of,
    json_default,
)
from apps.scripts.fields import Field, Fields, aliases_of, note_of, place_of
from apps.scripts.problems import Note
from apps.scripts.reader.arguments import REPEAT, REPEATS, SWITCHES, Argument, flag_of
from apps.scripts.reader.parsers import CommandLine
from apps.scripts.reader.scopes import Known
from apps.scripts.switches import count_field, each_field, switch_field, switches_of

# A range of more numbers than this is a minimum and a maximum, not a list to choose
# from.
RANGE_AS_CHOICES = 50
MAX_CHOICES = 1000
TRUTHS = ("store_true", "store_false")
# Actions that add to what is there instead of putting theirs in its place.
GATHERING = ("append", "append_const", "extend", "count")


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
        result.notes += [note_of(other, "same_dest", dest=dest) for other in rest]
        return
    result.fields[dest] = made
    apart = {id(one) for one in rest}
    result.by_argument |= {id(a): dest for a in arguments if id(a) not in apart}
    rivals = [dest]
    for other in rest:
        name = (flag_of(other.flags) or "").lstrip("-").replace("-", "_")
        if not other.flags or not name or name in by_dest or name in result.fields:
            result.notes.append(note_of(other, "same_dest", dest=dest))
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
        return switch_field(arguments, notes), []
    each = [a for a in arguments if a.action == "append_const"]
    if each and each[0] is valued[0]:
        rest = [a for a in arguments if a not in each]
        return each_field(each, notes), rest
    # argparse starts from the default of whichever was declared first.
    main = replace(valued[0], default=arguments[0].default)
    made = count_field(main, notes) if main.action == "count" else _valued(main, notes)
    others = [a for a in arguments if a is not valued[0]]
    rest = [other for other in others if not _is_covered(other, made)]
    return made, rest


def _is_covered(other: Argument, made: Field | None) -> bool:
    """Whether what a switch stores can be given as a value just as well."""
    if made is None or other.action not in SWITCHES or other.required:
        return False
    stored = [value for value, _flag in switches_of(other) or []]
    return bool(stored) and all(is_of(value, made.schema) for value in stored)


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
    hub = {"kind": kind, "flag": flag, **aliases_of([argument], {flag})}
    hub |= {**argument.manners, **place_of(argument)}
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
        notes.append(note_of(argument, "choices_type"))
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
        notes.append(note_of(argument, "bare", const=shown))
