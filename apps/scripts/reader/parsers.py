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
    parents: list[Parser] = field(default_factory=list)
    defaults: dict[str, Value] = field(default_factory=dict)
    argument_default: Value | None = None
    description: str | None = None
    file_prefix: str = ""
    own_prefix: bool = False
    is_parsed: bool = False


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

    owner: Parser | Group
    name: str


@dataclass(eq=False)
class ScriptClass:
    """A class of the script; `is_parser` if it is argparse's own but for its looks."""

    is_parser: bool


class Opaque:
    """Sub-commands and what hangs on them: known, but not read."""


@dataclass(frozen=True)
class CommandLine:
    """What a script's parser takes."""

    arguments: tuple[Argument, ...] = ()
    exclusives: Mapping[int, bool] = field(default_factory=dict)
    description: str | None = None
    # Characters that make an argument the name of a file of arguments.
    file_prefix: str = ""
    # Whether an option looks like a negative number, so that -5 is not a value.
    has_negative_flags: bool = False
    notes: tuple[Note, ...] = ()
