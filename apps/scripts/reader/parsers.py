"""What the reader knows of a script's parsers and of what hangs on them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.scripts.problems import Note
from apps.scripts.reader.arguments import Argument
from apps.scripts.reader.scopes import Value


@dataclass(eq=False)
class Parser:
    """One ArgumentParser, as far as the script has been followed."""

    node: ast.Call
    conditions: tuple[int, ...]
    arguments: list[Argument] = field(default_factory=list)
    # Whether each mutually exclusive group, by its number, is required.
    exclusives: dict[int, bool] = field(default_factory=dict)
    defaults: dict[str, Value] = field(default_factory=dict)
    argument_default: Value | None = None
    description: str | None = None
    file_prefix: str = ""
    own_prefix: bool = False
    # Within how many conditions it parses; None where it does not.
    parsed_within: int | None = None
    commands: Commands | None = None

    @property
    def is_parsed(self) -> bool:
        """Whether the script has it parse a command line."""
        return self.parsed_within is not None


@dataclass(eq=False)
class Added:
    """A sub-command with its parser, as add_parser makes it."""

    name: str
    aliases: tuple[str, ...]
    help: str | None
    parser: Parser


@dataclass(eq=False)
class Commands:
    """What add_subparsers returns."""

    parser: Parser
    node: ast.Call
    place: int
    dest: str | None = None
    required: bool = False
    help: str | None = None
    group: str | None = None
    added: list[Added] = field(default_factory=list)


@dataclass(eq=False)
class Group:
    """An argument group; `exclusive` is its number if it is mutually exclusive."""

    parser: Parser
    title: str | None = None
    exclusive: int | None = None


@dataclass(eq=False)
class Declared:
    """What add_argument returns: an argument in its parser."""

    parser: Parser
    argument: Argument


@dataclass(eq=False)
class Method:
    """A method of a parser or a group, not yet called."""

    owner: Parser | Group | Commands
    name: str


class Opaque:
    """What is known to belong to a sub-command that is not read."""


@dataclass(frozen=True)
class Command:
    """One sub-command."""

    name: str
    aliases: tuple[str, ...]
    help: str | None
    line: CommandLine


@dataclass(frozen=True)
class Choice:
    """Where a parser has one of several sub-commands chosen."""

    dest: str | None
    required: bool
    help: str | None
    group: str | None
    # How many arguments the parser has before it.
    place: int
    line: int
    commands: tuple[Command, ...]


@dataclass(frozen=True)
class CommandLine:
    """What a script's parser takes."""

    arguments: tuple[Argument, ...] = ()
    exclusives: Mapping[int, bool] = field(default_factory=dict)
    description: str | None = None
    choice: Choice | None = None
    # Characters that make an argument the name of a file of arguments.
    file_prefix: str = ""
    # Whether an option looks like a negative number, so that -5 is not a value.
    has_negative_flags: bool = False
    notes: tuple[Note, ...] = ()
