"""What the calls of a script are given, also through its helper functions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.scripts.problems import Note, show_name
from apps.scripts.reader.arguments import Argument, flag_of
from apps.scripts.reader.literals import code_of
from apps.scripts.reader.scopes import Function, Known, Scope
from apps.scripts.reader.sequences import Listing


@dataclass(frozen=True)
class Given:
    """One thing given to a call: what it is, and how and where it is written."""

    # A Value, or an object of the reader's own.
    value: object
    node: ast.expr
    scope: Scope

    @property
    def known(self) -> Any:
        """The value where it is certain, None where it is not."""
        return self.value.value if isinstance(self.value, Known) else None

    @property
    def is_known(self) -> bool:
        """Whether it is a value that is the same wherever the script runs."""
        return isinstance(self.value, Known)

    @property
    def code(self) -> str:
        """How it is written, short enough for a sentence."""
        return code_of(self.node)


@dataclass(eq=False)
class Items(Listing):
    """What is in such a list, and how it is written."""

    given: tuple[Given, ...]

    def listed(self) -> list[object]:
        return [one.value for one in self.given]


@dataclass(frozen=True)
class Settings:
    """What a call is given; `unread` are the `*` and `**` that cannot be expanded."""

    node: ast.Call
    args: tuple[Given, ...] = ()
    words: Mapping[str, Given] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def after(self, first: Settings) -> Settings:
        """The same call of a functools.partial, which was given `first` before."""
        return replace(
            self,
            args=(*first.args, *self.args),
            words={**first.words, **self.words},
            unread=(*first.unread, *self.unread),
        )

    def named(self, *names: str) -> dict[str, Given]:
        """All that is given by name, `names` being those of the positional ones."""
        return {**dict(zip(names, self.args, strict=False)), **self.words}

    def known(self, word: str, default: Any = None) -> Any:
        """The value of a keyword where it is certain."""
        given = self.words.get(word)
        return given.known if given is not None and given.is_known else default


@dataclass(frozen=True)
class Partial:
    """functools.partial of something that has a meaning for the reader."""

    path: str | None
    callee: object
    settings: Settings


@dataclass(frozen=True)
class Param:
    """One parameter of a command, read or left out: `notes` say what of it."""

    arguments: tuple[Argument, ...]
    notes: tuple[Note, ...] = ()
    node: ast.AST | None = None
    # Whether the script gives it a default; None may be one.
    has_default: bool = False


@dataclass(frozen=True)
class Decorator:
    """What click.option returns: it adds parameters to the function it decorates."""

    params: tuple[Param, ...]


@dataclass(frozen=True)
class Wraps:
    """functools.wraps: what it decorates has the parameters of `function` too."""

    function: object


@dataclass(frozen=True)
class Decorated:
    """A function with parameters, not yet a command."""

    function: Function
    conditions: tuple[int, ...]
    # In the order of decoration, from the function upwards.
    params: tuple[Param, ...] = ()
    # Decorators that may have added something.
    doubts: tuple[Note, ...] = ()


def shown(names: tuple[Given, ...] | list[Given], node: ast.AST) -> str:
    """Return how a note calls a parameter, from the names that it is given."""
    texts = [one.known for one in names]
    flags = tuple(text for text in texts if isinstance(text, str) and text)
    if flags:
        return show_name(flag_of(flags))
    return names[0].code if names else code_of(node)
