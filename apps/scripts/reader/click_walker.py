"""Following a script that declares its parameters with decorators or signatures.

On top of what any walker follows: lists of decorators, functools.partial, and functions
that make decorators.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable

from apps.scripts.problems import Note
from apps.scripts.reader.calls import defaults_of
from apps.scripts.reader.classes import EnumClass, ScriptClass, read_class
from apps.scripts.reader.click_calls import Given, Items, Partial, Settings
from apps.scripts.reader.expressions import MAX_CALLS, MAX_DEPTH
from apps.scripts.reader.literals import bound, code_of
from apps.scripts.reader.scopes import Function, Imported, Known, Scope
from apps.scripts.reader.sequences import items_of, table_of
from apps.scripts.reader.trees import FunctionNode
from apps.scripts.reader.walker import Walker

# Names under which the same thing is known: drop-in libraries and inner modules.
ALIASES = {"rich_click": "click", "asyncclick": "click"}
INNER = {
    "click": {"core", "decorators", "types"},
    "typer": {"main", "models", "params"},
}
TURNING = {"list", "tuple", "reversed"}


class DeclarationWalker(Walker):
    """Follows one script; a subclass gives calls their meaning."""

    def __init__(self, tree: ast.Module, words: set[str]) -> None:
        decorating = _names_in_decorators(tree)
        super().__init__(tree, words | _decorated_names(tree))
        # A decorator of the script matters, whatever words occur in it.
        for node in ast.walk(tree):
            if isinstance(node, FunctionNode) and node.name in decorating:
                inner = [n for n in ast.walk(node) if isinstance(n, FunctionNode)]
                self.relevant += [n for n in inner if n not in self.relevant]
        self.notes: dict[tuple[int, int, str], Note] = {}
        docstring = ast.get_docstring(tree)
        if docstring is not None:
            self.module.names["__doc__"] = Known(docstring)

    def apply(
        self, path: str | None, callee: object, settings: Settings
    ) -> object | None:
        """Return the object that a call gives; None for one that does not matter."""
        raise NotImplementedError

    def keep(self, note: Note, node: ast.AST | None = None) -> None:
        """Keep a note, once for each place."""
        column = getattr(node, "col_offset", 0)
        self.notes.setdefault((note.line, column, note.code), note)

    def note(self, node: ast.AST, code: str, **params: object) -> None:
        """Note that something at a place was not read."""
        self.keep(Note(getattr(node, "lineno", 1), code, params), node)

    # Names and values.

    def path(self, node: ast.expr, scope: Scope) -> str | None:
        """Return the dotted name of what an expression refers to, as click names it."""
        found = bound(node, scope)
        return plain_path(found.path) if isinstance(found, Imported) else None

    def given(self, node: ast.expr, scope: Scope) -> Given:
        """Return what an expression that has been visited is."""
        found = self.result(node)
        return Given(bound(node, scope) if found is None else found, node, scope)

    def value(self, node: ast.expr, scope: Scope) -> object:
        self.visit(node, scope)
        return self.given(node, scope).value

    def visit(self, node: ast.expr, scope: Scope) -> object | None:
        result = super().visit(node, scope)
        if isinstance(node, ast.List | ast.Tuple) and any(
            self.result(part) is not None for part in node.elts
        ):
            items = tuple(self.given(part, scope) for part in node.elts)
            result = self._results[node] = Items(items)
        return result

    def base_of(self, cls: ScriptClass) -> str | None:
        """Return what a class of the script is derived from in the end."""
        for _ in range(MAX_DEPTH):
            if not cls.bases:
                break
            cls = cls.bases[0]
        paths = [self.path(base, cls.scope) for base in cls.node.bases]
        return next((path for path in paths if path and "." in path), None)

    def define_class(self, node: ast.ClassDef, scope: Scope) -> object | None:
        return read_class(node, scope, set())

    # Calls.

    def call(
        self, node: ast.Call, callee: object | None, scope: Scope
    ) -> object | None:
        settings = self.settings(node, scope)
        path = self.path(node.func, scope)
        if isinstance(callee, Partial):
            settings = settings.after(callee.settings)
            path, callee = callee.path, callee.callee
        if path == "functools.partial" and settings.args:
            first, *rest = settings.args
            kept = Settings(node, tuple(rest), settings.words, settings.unread)
            return Partial(path_of(first), first.value, kept)
        if path in TURNING and settings.args:
            items = settings.args[0].value
            if isinstance(items, Items):
                turned = items.given[::-1] if path == "reversed" else items.given
                return Items(turned)
        return self.apply(path, callee, settings)

    def settings(self, node: ast.Call, scope: Scope) -> Settings:
        """Return what a call is given, with `*` and `**` put in where they are known."""
        args: list[Given] = []
        words: dict[str, Given] = {}
        unread = []
        for arg in node.args:
            if not isinstance(arg, ast.Starred):
                args.append(self.given(arg, scope))
                continue
            items = items_of(self.given(arg.value, scope).value)
            if items is None:
                unread.append(code_of(arg))
            args += [Given(item, arg.value, scope) for item in items or ()]
        for word in node.keywords:
            one = self.given(word.value, scope)
            if word.arg:
                words[word.arg] = one
                continue
            pairs = table_of(one.value)
            if pairs is None:
                unread.append(f"**{one.code}")
            for name, value in (pairs or {}).items():
                words[str(name)] = Given(value, word.value, scope)
        return Settings(node, tuple(args), words, tuple(unread))

    def follow(self, function: Function, first: object) -> object | None:
        """Return what a function of the script gives for one argument."""
        self._calls += 1
        too_deep = function.node in self._active or len(self._active) >= MAX_DEPTH
        spec = function.node.args
        names = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        if too_deep or self._calls > MAX_CALLS or not names:
            return None
        inner = Scope(function.scope, self.conditions)
        inner.names |= {**defaults_of(spec, function.scope), names[0]: first}
        return self.run(function.node, inner)


def choices_of(given: Given) -> list[object] | None:
    """Return what a list of choices holds: values, members; None if not known."""
    items = items_of(given.value)
    if items is None or not all(isinstance(item, Known) for item in items):
        return None
    return [item.value for item in items if isinstance(item, Known)]


def path_of(given: Given) -> str | None:
    """Return the dotted name of what is given, as click names it."""
    value = given.value
    return plain_path(value.path) if isinstance(value, Imported) else None


def plain_path(path: str | None) -> str | None:
    """Return a dotted name with the library's inner modules and other names gone."""
    if path is None:
        return None
    first, *rest = path.split(".")
    first = ALIASES.get(first, first)
    if rest and rest[0] in INNER.get(first, ()):
        rest = rest[1:]
    return ".".join([first, *rest])


def is_stdlib(path: str | None) -> bool:
    """Whether a dotted name is of Python itself, which knows nothing of parameters."""
    first = (path or "").partition(".")[0]
    return first in sys.stdlib_module_names or (bool(path) and "." not in str(path))


def is_callable_class(value: object) -> bool:
    """Whether something is a function or a class of the script."""
    return isinstance(value, Function | ScriptClass | EnumClass)


def _names_in_decorators(tree: ast.Module) -> set[str]:
    return {
        part.id
        for node in _decorated(tree)
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
        if isinstance(part, ast.Name)
    }


def _decorated_names(tree: ast.Module) -> set[str]:
    return {node.name for node in _decorated(tree)}


def _decorated(tree: ast.Module) -> Iterable[FunctionNode]:
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode) and node.decorator_list:
            yield node
