"""From the fields of a script's parser, and of its sub-commands, to one JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.scripts.commands import JsonObject
from apps.scripts.declaration import fields_of
from apps.scripts.defaults import clean
from apps.scripts.fields import Field, Fields
from apps.scripts.problems import Note
from apps.scripts.reader.parsers import Choice, CommandLine

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EXTRA = "extra_arguments"
MAX_EXTRA = 64


@dataclass
class Level:
    """One parser's fields; `path` is that of its command, "" for the script's own."""

    path: str
    line: CommandLine
    fields: dict[str, Field]
    exclusive: list[JsonObject] = field(default_factory=list)
    # What a sub-command is called, and by which field it is chosen.
    name: str = ""
    aliases: tuple[str, ...] = ()
    help: str | None = None
    chosen_by: str = ""


def levels_of(line: CommandLine) -> tuple[list[Level], list[Note]]:
    """Return the fields of a parser and of all its sub-commands, outermost first."""
    notes: list[Note] = []
    taken = set(_dests(line))
    return list(_levels(Level("", line, {}), taken, notes)), notes


def _dests(line: CommandLine) -> Iterator[str]:
    for argument in line.arguments:
        yield argument.dest
        yield from (flag.lstrip("-").replace("-", "_") for flag in argument.flags)
    for command in line.choice.commands if line.choice else ():
        yield from _dests(command.line)


def _levels(level: Level, taken: set[str], notes: list[Note]) -> Iterator[Level]:
    found = fields_of(level.line)
    notes += found.notes
    level.exclusive = exclusive_groups(level.line, found)
    level.fields = found.fields
    choice = level.line.choice
    if choice is None or not choice.commands:
        yield level
        return
    name = _choice_name(choice, level.path, taken)
    taken.add(name)
    level.fields = _with_choice(level, choice, _choice_field(choice, name))
    yield level
    for command in choice.commands:
        inner = Level(
            f"{level.path} {command.name}".strip(),
            command.line,
            {},
            name=command.name,
            aliases=command.aliases,
            help=command.help,
            chosen_by=name,
        )
        yield from _levels(inner, taken, notes)


def _choice_name(choice: Choice, path: str, taken: set[str]) -> str:
    """The dest of the sub-commands, or another name where that is somebody else's."""
    first = choice.dest or "command"
    within = path.replace(" ", "_").replace("-", "_")
    names = [first, f"{within}_{first}".strip("_"), f"{within}_subcommand".strip("_")]
    while (free := [name for name in names if name not in taken]) == []:
        names = [f"{name}_" for name in names]
    return free[0]


def _choice_field(choice: Choice, name: str) -> Field:
    names = [command.name for command in choice.commands]
    schema: JsonObject = {"type": "string", "enum": names}
    if choice.help:
        schema["description"] = clean(" ".join(choice.help.split()))
    hub = {"kind": "command", "flag": None, "group": choice.group}
    return Field(name, schema, hub, choice.required)


def _with_choice(level: Level, choice: Choice, one: Field) -> dict[str, Field]:
    """Put the choice where its parser has it: that counts among positionals."""
    earlier = {argument.dest for argument in level.line.arguments[: choice.place]}
    before = {n: f for n, f in level.fields.items() if f.dest in earlier}
    after = {n: f for n, f in level.fields.items() if f.dest not in earlier}
    return {**before, one.name: one, **after}


def exclusive_groups(line: CommandLine, fields: Fields) -> list[JsonObject]:
    """Return the groups of fields that exclude each other, and mark what they require.

    A required group of a single field makes that field required.
    """
    groups = []
    by_argument = fields.by_argument
    for number, required in line.exclusives.items():
        members = [a for a in line.arguments if a.exclusive == number]
        found = [by_argument[id(a)] for a in members if id(a) in by_argument]
        names = list(dict.fromkeys(found))
        if len(names) == 1 and required:
            _require(fields.fields[names[0]])
        elif len(names) > 1:
            groups.append({"fields": names, "required": required})
    return groups + [{"fields": n, "required": False} for n in fields.rivals]


def without_secrets(level: Level) -> Level:
    """Let no secret exclude anything: it is not on the command line any more."""
    groups = []
    for group in level.exclusive:
        names = [n for n in group["fields"] if level.fields[n].hub["kind"] != "secret"]
        if len(names) == 1 and group["required"]:
            _require(level.fields[names[0]])
        elif len(names) > 1:
            groups.append({**group, "fields": names})
    level.exclusive = groups
    return level


def _require(one: Field) -> None:
    one.required = True
    one.schema.pop("default", None)
    if one.hub["kind"] == "switch":
        # The value that is there without any option would not be given.
        one.schema["enum"] = [value for value, _flag in one.hub["switches"]]


def extra_field() -> Field:
    """The field for arguments that the schema does not know."""
    schema: JsonObject = {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": MAX_EXTRA,
        "title": "Extra arguments",
        "description": "Given to the script as they are, one argument each.",
    }
    # Nobody who is not known may give a script what nobody has declared.
    hub = {"kind": "extra", "flag": None, "group": None, "anonymous": False}
    return Field(EXTRA, schema, hub)


def assemble(found: list[Level]) -> JsonObject:
    """Return the JSON Schema of a script's parameters."""
    own, *inner = found
    properties = _properties(found)
    lines = [level.line for level in found]
    root: JsonObject = {
        "exclusive": own.exclusive,
        "file_prefix": "".join(dict.fromkeys("".join(o.file_prefix for o in lines))),
        "negative_flags": any(one.has_negative_flags for one in lines),
    }
    schema: JsonObject = {
        "$schema": DIALECT,
        "type": "object",
        "properties": properties,
        "required": _required(own),
        "additionalProperties": False,
        "x-hub": root,
    }
    if EXTRA in properties and properties[EXTRA]["x-hub"]["kind"] == "extra":
        root["extra"] = True
    if inner:
        root["commands"] = [_command(level) for level in inner]
        schema |= _conditions(found, properties)
    if own.line.description:
        schema["description"] = clean(" ".join(own.line.description.split()))
    return schema


def _required(level: Level) -> list[str]:
    return [name for name, one in level.fields.items() if one.required]


def _command(level: Level) -> JsonObject:
    text = clean(" ".join((level.help or "").split()))
    return {
        "name": level.path,
        "field": level.chosen_by,
        "value": level.name,
        "aliases": list(level.aliases),
        "help": text,
        "description": clean(" ".join((level.line.description or "").split())),
        "fields": list(level.fields),
        "required": _required(level),
        "exclusive": level.exclusive,
    }


def _properties(found: list[Level]) -> JsonObject:
    by_name: dict[str, list[JsonObject]] = {}
    for level in found:
        for name, one in level.fields.items():
            hub = {"group": None, "anonymous": True, **one.hub}
            variants = by_name.setdefault(name, [])
            for known in variants:
                mine = {k: v for k, v in known["x-hub"].items() if k != "commands"}
                if {**known, "x-hub": mine} == {**one.schema, "x-hub": hub}:
                    known["x-hub"]["commands"].append(level.path)
                    break
            else:
                hub["commands"] = [level.path]
                variants.append({**one.schema, "x-hub": hub})
    return {
        name: _property(variants, order)
        for order, (name, variants) in enumerate(by_name.items())
    }


def _property(variants: list[JsonObject], order: int) -> JsonObject:
    for one in variants:
        one["x-hub"]["order"] = order
        if one["x-hub"]["commands"] == [""] and len(variants) == 1:
            del one["x-hub"]["commands"]
    if len(variants) == 1:
        return variants[0]
    hubs = [one["x-hub"] for one in variants]
    kinds = {one["kind"] for one in hubs}
    hub = {
        **{k: v for k, v in hubs[0].items() if all(one.get(k) == v for one in hubs)},
        **{key: hubs[0][key] for key in ("group", "flag")},
        "kind": kinds.pop() if len(kinds) == 1 else "variants",
        "anonymous": all(one["anonymous"] for one in hubs),
        "order": order,
        "commands": [path for one in hubs for path in one["commands"]],
        "variants": variants,
    }
    plain = [_without_hub(one) for one in variants]
    different = [one for n, one in enumerate(plain) if one not in plain[:n]]
    if len(different) == 1:
        return {**different[0], "x-hub": hub}
    return {"anyOf": different, "x-hub": hub}


def _without_hub(one: JsonObject) -> JsonObject:
    return {key: value for key, value in one.items() if key != "x-hub"}


# What validators other than ours are told of commands.


def _conditions(found: list[Level], properties: JsonObject) -> JsonObject:
    by_path = {level.path: level for level in found}
    rules = []
    for level in found[1:]:
        then: JsonObject = {}
        if required := _required(level):
            then["required"] = required
        overrides = {
            name: _without_hub(variant)
            for name in level.fields
            for variant in properties[name]["x-hub"].get("variants", [])
            if level.path in variant["x-hub"]["commands"]
            and not _has_deeper(name, level.path, found)
        }
        if overrides:
            then["properties"] = overrides
        if then:
            rules.append({"if": _choosing(level.path, by_path), "then": then})
    dependent = {
        name: _one_of(about["x-hub"]["commands"], by_path)
        for name, about in properties.items()
        if "" not in about["x-hub"].get("commands", [""])
    }
    conditions: JsonObject = {"allOf": rules} if rules else {}
    return conditions | ({"dependentSchemas": dependent} if dependent else {})


def _has_deeper(name: str, path: str, found: list[Level]) -> bool:
    return any(one.path.startswith(f"{path} ") and name in one.fields for one in found)


def _choosing(path: str, by_path: dict[str, Level]) -> JsonObject:
    """A schema that holds where a command is chosen."""
    chain = []
    while path:
        chain.append(by_path[path])
        path = path.rpartition(" ")[0]
    values = {level.chosen_by: {"const": level.name} for level in reversed(chain)}
    return {"properties": values, "required": list(values)}


def _one_of(paths: Iterable[str], by_path: dict[str, Level]) -> JsonObject:
    conditions: list[Any] = [_choosing(path, by_path) for path in paths]
    return conditions[0] if len(conditions) == 1 else {"anyOf": conditions}
