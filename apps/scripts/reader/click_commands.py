"""Commands of a script: what they take, and what hangs on them."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from apps.scripts.problems import Note
from apps.scripts.reader.arguments import Argument
from apps.scripts.reader.click_calls import Param
from apps.scripts.reader.parsers import Choice, CommandLine
from apps.scripts.reader.parsers import Command as SubCommand
from apps.scripts.reader.scopes import Value

SUFFIXES = re.compile(r"-(command|cmd|group|grp)$")
# Of groups in groups.
MAX_DEPTH = 10
NEGATIVE_NUMBER = re.compile(r"-\.?\d")


@dataclass(eq=False)
class Command:
    """A click command or group, or what typer makes of a function."""

    name: str | None
    node: ast.AST
    conditions: tuple[int, ...]
    params: list[Param] = field(default_factory=list)
    description: str | None = None
    is_group: bool = False
    # Whether a group does something without a command.
    stands_alone: bool = False
    commands: list[tuple[str | None, Command]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    is_called: bool = False
    hidden: bool = False

    def tree(self) -> Iterator[Command]:
        """Yield the command and all below it."""
        pending: list[Command] = [self]
        seen: set[int] = set()
        while pending:
            one = pending.pop(0)
            if id(one) not in seen:
                seen.add(id(one))
                yield one
                pending += [command for _name, command in one.commands]


@dataclass(frozen=True)
class Method:
    """A method of a command or an app, not yet called."""

    owner: Any
    name: str


@dataclass(frozen=True)
class CommandMaker:
    """What click.command() returns: it makes a function a command."""

    name: str | None
    is_group: bool
    node: ast.AST
    settings: Any
    owner: Command | None = None


def command_name(function_name: str) -> str:
    """Return the name that click gives a command for its function's."""
    return SUFFIXES.sub("", function_name.lower().replace("_", "-"))


def cleaned(text: object) -> str | None:
    """Return a docstring as --help shows it: what is after a form feed is not shown."""
    if not isinstance(text, str):
        return None
    shown = inspect.cleandoc(text).partition("\f")[0]
    return shown.replace("\b", "").strip() or None


def merged(params: list[Param]) -> list[Argument]:
    """Return all arguments; those of one dest have the default that holds.

    That is the last of those that the script gives, else the last of all. What an
    option with an optional value refuses depends on the other options.
    """
    defaults: dict[str, tuple[bool, Value]] = {}
    arguments: list[Argument] = []
    for param in params:
        for argument in param.arguments:
            given, _default = defaults.get(argument.dest, (False, None))
            if param.has_default or not given:
                found = (param.has_default, argument.default)
                defaults[argument.dest] = found
        arguments += param.arguments
    firsts = {flag[:1] for argument in arguments for flag in argument.flags}
    refused = "".join(sorted(firsts | {"-"}))
    return [
        replace(
            argument,
            default=defaults[argument.dest][1],
            refuses=refused if argument.refuses else "",
        )
        for argument in arguments
    ]


def command_line(command: Command) -> CommandLine:
    """Return what a command takes, and what hangs on it."""
    return _line(command, ())


def _line(command: Command, above: tuple[Command, ...]) -> CommandLine:
    arguments = _apart(merged(command.params), command, above)
    flags = [flag for argument in arguments for flag in argument.flags]
    return CommandLine(
        arguments=tuple(arguments),
        description=command.description,
        choice=_choice(command, len(arguments), (*above, command)),
        has_negative_flags=any(NEGATIVE_NUMBER.match(flag) for flag in flags),
    )


def _apart(
    arguments: list[Argument], command: Command, above: tuple[Command, ...]
) -> list[Argument]:
    """Give parameters that a group has too a name of their own.

    click keeps them apart: each command has its own values.
    """
    taken = {a.dest for one in above for param in one.params for a in param.arguments}
    prefix = (command.name or "command").replace("-", "_").replace(" ", "_")
    return [
        replace(one, dest=f"{prefix}_{one.dest}") if one.dest in taken else one
        for one in arguments
    ]


def _choice(group: Command, place: int, above: tuple[Command, ...]) -> Choice | None:
    # A group may be hung on another that hangs on it.
    below = {n: c for n, c in group.commands if n and c not in above}
    if not below or len(above) > MAX_DEPTH:
        return None
    return Choice(
        dest=None,
        required=not group.stands_alone,
        help=None,
        group=None,
        place=place,
        line=getattr(group.node, "lineno", 1),
        commands=tuple(
            SubCommand(name, (), command.description, _line(command, above))
            for name, command in below.items()
        ),
    )
