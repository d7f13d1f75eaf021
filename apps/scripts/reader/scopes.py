"""Names of a script that is read, and what they are known to hold."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Of all comprehensions of a script together, however they are nested.
MAX_ROUNDS = 50_000


@dataclass(frozen=True)
class Known:
    """A value that is the same wherever the script runs."""

    value: Any


@dataclass(frozen=True)
class FromEnvironment:
    """A value taken from an environment variable, with what stands in for it."""

    variable: str
    # What it is when the variable is set, with "$NAME" for its value: "$DATA_DIR/rss",
    # as text or as a path.
    given: Any
    # What it is when the variable is not set: Known, or Unknown.
    otherwise: Known | Unknown


@dataclass(frozen=True)
class Unknown:
    """A value that only running the script would tell; `code` is how it is written.

    Of a list or a dict that is written out, the parts are known all the same.
    """

    code: str
    parts: tuple[object, ...] | None = field(default=None, compare=False)
    table: Mapping[Any, object] | None = field(default=None, compare=False)


Value = Known | FromEnvironment | Unknown


@dataclass(frozen=True)
class Imported:
    """A name that an import binds: `path` is the dotted name it stands for."""

    path: str


class Holder:
    """Something of the script that has members: a class, an instance."""

    def member(self, name: str) -> object | None:
        """Return what an attribute is bound to, None where it is not known."""
        raise NotImplementedError

    def forget(self, name: str) -> None:
        """Take note that what an attribute holds is changed in place."""


@dataclass(frozen=True)
class Member:
    """One member of an enum."""

    name: str
    value: Any


class Scope:
    """The names of a module or of one call of a function.

    Values are whatever the reader binds: a Value, an Imported, or objects of its own.
    Attributes are kept under their dotted text (`self.parser`).
    """

    def __init__(
        self, parent: Scope | None = None, conditions: tuple[int, ...] = ()
    ) -> None:
        self.parent = parent
        self.conditions = conditions
        self.names: dict[str, object] = {}
        # How many rounds of comprehensions may still be followed, of all together.
        self.rounds_left: list[int] = parent.rounds_left if parent else [MAX_ROUNDS]

    def lookup(self, name: str) -> object | None:
        """Return what a name is bound to, None when nothing here binds it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def home(self, name: str) -> Scope | None:
        """Return the scope that binds a name."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.parent
        return scope

    def canonical(self, node: ast.expr) -> str | None:
        """Return the dotted name of what an expression refers to, through imports.

        `ap.ArgumentParser` is `argparse.ArgumentParser` after `import argparse as ap`;
        a name that nothing binds is a builtin and stands for itself.
        """
        if isinstance(node, ast.Attribute):
            base = self.canonical(node.value)
            return None if base is None else f"{base}.{node.attr}"
        if not isinstance(node, ast.Name):
            return None
        bound = self.lookup(node.id)
        if isinstance(bound, Imported):
            return bound.path
        return node.id if bound is None else None


@dataclass(frozen=True)
class Function:
    """A function of the script, and the scope in which it was defined."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    scope: Scope


def dotted(node: ast.expr) -> str | None:
    """Return `a.b.c` for a chain of names, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return None
