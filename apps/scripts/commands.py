"""Sub-commands in the schema of a script's parameters: which parts of it hold.

A command is known by its path: the names that lead to it, with a space between them;
"" is the script's own parser. See `declaration` for how the schema says all this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True)
class Level:
    """One parser's part of a command line: its own fields, and the values for them."""

    schema: JsonObject
    values: JsonObject


def ordered_fields(schema: Mapping[str, Any]) -> list[tuple[str, JsonObject]]:
    """Return names and schemas in the script's order, which a database may lose."""
    fields = schema.get("properties", {})
    return sorted(fields.items(), key=lambda item: item[1]["x-hub"]["order"])


def command_fields(schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that choose a command."""
    commands = schema.get("x-hub", {}).get("commands", [])
    return list(dict.fromkeys(one["field"] for one in commands))


def paths_of(field: JsonObject) -> list[str]:
    """Return the paths of the commands that a field belongs to."""
    paths: list[str] = field["x-hub"].get("commands", [""])
    return paths


def active_commands(
    schema: Mapping[str, Any], values: Mapping[str, Any]
) -> list[JsonObject]:
    """Return the commands that values choose, the outermost first."""
    commands = schema.get("x-hub", {}).get("commands", [])
    active: list[JsonObject] = []
    path = ""
    while True:
        inner = [
            one
            for one in commands
            if one["name"].rpartition(" ")[0] == path
            and values.get(one["field"]) == one["value"]
        ]
        if not inner:
            return active
        active.append(inner[0])
        path = inner[0]["name"]


def chosen(schema: Mapping[str, Any], values: Mapping[str, Any]) -> JsonObject:
    """Return the schema of what may be given with the commands that are chosen.

    It has the fields of the script's own parser and of the chosen commands, each as
    the innermost of them defines it, and what these require.
    """
    root = schema.get("x-hub", {})
    if not root.get("commands"):
        return dict(schema)
    active = active_commands(schema, values)
    paths = ["", *(one["name"] for one in active)]
    fields: dict[str, JsonObject | None] = {}
    for name, field in schema["properties"].items():
        # As the innermost command that has it defines it.
        for path in paths:
            fields[name] = _at(field, path) or fields.get(name)
    required = [*schema["required"], *(n for one in active for n in one["required"])]
    exclusive = [*root["exclusive"], *(g for one in active for g in one["exclusive"])]
    return {
        **{key: value for key, value in schema.items() if key not in CONDITIONS},
        "properties": {name: one for name, one in fields.items() if one},
        "required": list(dict.fromkeys(required)),
        "x-hub": {**root, "exclusive": exclusive},
    }


# The keywords that say for other validators what `chosen` says for us.
CONDITIONS = ("allOf", "dependentSchemas")


def _at(field: JsonObject, path: str) -> JsonObject | None:
    """A field as the parser at a path defines it, None where it has no such field."""
    variants: list[JsonObject] = field["x-hub"].get("variants", [field])
    found = [one for one in variants if path in paths_of(one)]
    if not found:
        return None
    hub = {**found[0]["x-hub"], "order": field["x-hub"]["order"]}
    return {**found[0], "x-hub": hub}


def levels(schema: Mapping[str, Any], values: Mapping[str, Any]) -> list[Level]:
    """Return what each parser is given, the script's own first.

    A value goes to the innermost parser that has the field, since that decides over
    the others; and to any other that demands it.
    """
    active = active_commands(schema, values)
    parts = [
        ("", [name for name, _ in ordered_fields(schema)], schema.get("required", []))
    ]
    parts += [(one["name"], one["fields"], one["required"]) for one in active]
    rendered: set[str] = set()
    result: list[Level] = []
    for path, names, required in reversed(parts):
        fields = dict(_numbered(schema, names, path))
        here = {
            name: values[name]
            for name in fields
            if name in values and (name not in rendered or name in required)
        }
        rendered |= here.keys()
        part = {"properties": fields, "x-hub": schema.get("x-hub", {})}
        result.insert(0, Level(part, here))
    return result


def _numbered(
    schema: Mapping[str, Any], names: list[str], path: str
) -> Iterator[tuple[str, JsonObject]]:
    for order, name in enumerate(names):
        field = schema["properties"].get(name)
        if field is not None and (found := _at(field, path)) is not None:
            yield name, {**found, "x-hub": {**found["x-hub"], "order": order}}
