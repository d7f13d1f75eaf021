"""In which line of its source each parameter of a script is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.scripts.commands import JsonObject
from apps.scripts.manifest import ManifestError, read_manifest
from apps.scripts.reader.command_lines import read_command_line
from apps.scripts.reader.parsers import CommandLine
from apps.scripts.reader.trees import parse

# What Python says of a source that it cannot parse.
UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError)


def parameter_lines(source: str, schema: Mapping[str, Any]) -> dict[str, int]:
    """Return the line of each property of `schema` that the source declares.

    By reading alone, as everywhere. Where the code declares nothing it is the line of
    the header's table. A source that cannot be read says nothing.
    """
    lines: dict[str, int] = {}
    for name, line in (*_in_code(source), *_in_header(source)):
        lines.setdefault(name, line)
    fields = schema.get("properties", {}).items()
    found = {name: _line_of(name, about, lines) for name, about in fields}
    return {name: line for name, line in found.items() if line}


def _line_of(name: str, about: JsonObject, lines: Mapping[str, int]) -> int | None:
    # By its option first, since two of them may store to one dest.
    flag = about.get("x-hub", {}).get("flag") or name
    return lines.get(flag) or lines.get(name)


def _in_code(source: str) -> list[tuple[str, int]]:
    try:
        return list(_arguments(read_command_line(parse(source))))
    except UNPARSED:
        return []


def _arguments(command_line: CommandLine) -> Iterator[tuple[str, int]]:
    for argument in command_line.arguments:
        for name in (*argument.flags, argument.dest):
            yield name, argument.line
    choice = command_line.choice
    if choice is not None:
        yield choice.dest or "command", choice.line
        for command in choice.commands:
            yield from _arguments(command.line)


def _in_header(source: str) -> list[tuple[str, int]]:
    try:
        tables = read_manifest(source).parameters
    except ManifestError:
        return []
    return [(name, table.line) for name, table in tables.items() if table.line]
