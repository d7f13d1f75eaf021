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
from apps.scripts.reader.parsers import CommandLine
from apps.scripts.reader.scopes import Known, Value

SUFFIXES = re.compile(r"-(command|cmd|group|grp)$")
# Of the choice of a command: the first that is no parameter's.
COMMAND_NAMES = [f"command{'_' * number}" for number in range(20)]
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
    """Return what a command takes; of a group, the one command that it has."""
    notes: list[Note] = []
    arguments = _with_command(command, notes)
    flags = [flag for argument in arguments for flag in argument.flags]
    return CommandLine(
        arguments=tuple(arguments),
        description=command.description,
        has_negative_flags=any(NEGATIVE_NUMBER.match(flag) for flag in flags),
        notes=tuple(notes),
    )


def _with_command(group: Command, notes: list[Note]) -> list[Argument]:
    arguments = merged(group.params)
    if not group.commands:
        return arguments
    line = getattr(group.node, "lineno", 1)
    # What follows a group's own positionals is up to the command.
    if len(group.commands) > 1 or any(not one.flags for one in arguments):
        notes.append(Note(line, "subcommands"))
        return arguments
    ((name, command),) = group.commands
    below = _with_command(command, notes)
    taken = {argument.dest for argument in arguments}
    for one in below:
        if one.dest in taken:
            params = {"name": one.name, "dest": one.dest}
            notes.append(Note(one.line, "same_dest", params))
    below = [one for one in below if one.dest not in taken]
    names = taken | {one.dest for one in below}
    dest = next(d for d in COMMAND_NAMES if d not in names)
    return [*arguments, _choice(dest, name or "", group, command), *below]


def _choice(dest: str, name: str, group: Command, command: Command) -> Argument:
    """The command's own word, which stands between the group's options and its own."""
    return Argument(
        dest=dest,
        flags=(name,),
        action="store_const",
        nargs=None,
        type="string",
        type_is_open=False,
        choices=None,
        default=Known(None),
        const=Known(name),
        required=not group.stands_alone,
        help=(command.description or "").replace("%", "%%") or None,
        hidden=False,
        group=None,
        exclusive=None,
        line=getattr(command.node, "lineno", 1),
    )
