"""Following a script that declares its parameters with decorators or signatures.

On top of what any walker follows: helper functions that pass on what they are given,
functools.partial, lists of decorators, enumerations.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable

from apps.scripts.problems import Note
from apps.scripts.reader.arguments import Function
from apps.scripts.reader.click_calls import (
    EnumClass,
    EnumMember,
    Given,
    Items,
    OtherClass,
    Partial,
    Settings,
    Table,
)
from apps.scripts.reader.literals import MAX_ITEMS, evaluate, known
from apps.scripts.reader.scopes import Imported, Known, Scope, Unknown
from apps.scripts.reader.trees import FunctionNode
from apps.scripts.reader.walker import Loop, Walker

# Names under which the same thing is known: drop-in libraries and inner modules.
ALIASES = {"rich_click": "click", "asyncclick": "click"}
INNER = {
    "click": {"core", "decorators", "types"},
    "typer": {"main", "models", "params"},
}
ENUMS = {"enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag", "enum.IntFlag"}
COLLECTIONS = {"list", "tuple", "sorted", "reversed", "set", "frozenset"}
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp


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

    # Names and paths.

    def path(self, node: ast.expr, scope: Scope) -> str | None:
        """Return the dotted name of what an expression refers to, as click names it."""
        return plain_path(scope.canonical(node))

    def given(self, node: ast.expr, scope: Scope) -> Given:
        """Return what an expression that has been visited is."""
        found = self.result(node)
        value = evaluate(node, scope) if found is None else found
        if isinstance(node, ast.Dict | ast.Call) and isinstance(value, Known | Unknown):
            value = self._table(node, scope) or value
        return Given(value, node, scope)

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

    def _table(self, node: ast.Dict | ast.Call, scope: Scope) -> Known | None:
        """A dict as it is written, whose values are not lost."""
        if isinstance(node, ast.Call):
            words = {word.arg: word.value for word in node.keywords}
            if node.args or None in words or self.path(node.func, scope) != "dict":
                return None
            return Known(Table({w: self.given(v, scope) for w, v in words.items()}))
        names = [known(key, scope) if key else None for key in node.keys]
        if not all(isinstance(name, str | int) for name in names):
            return None
        values = [self.given(value, scope) for value in node.values]
        return Known(Table(dict(zip(names, values, strict=True))))

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
            inner = self.path(first.node, first.scope)
            return Partial(inner, first.value, kept)
        if path in COLLECTIONS and settings.args:
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
            more = self._starred(arg, scope)
            if more is None:
                unread.append(f"*{ast.unparse(getattr(arg, 'value', arg))}")
            args += more or []
        for word in node.keywords:
            one = self.given(word.value, scope)
            if word.arg:
                words[word.arg] = one
            elif isinstance(one.known, Table):
                words |= one.known.given
            else:
                unread.append(f"**{one.code}")
        return Settings(node, tuple(args), words, tuple(unread))

    def _starred(self, arg: ast.expr, scope: Scope) -> list[Given] | None:
        if not isinstance(arg, ast.Starred):
            return [self.given(arg, scope)]
        one = self.given(arg.value, scope)
        if isinstance(one.value, Items):
            return list(one.value.given)
        if not isinstance(one.known, list | tuple):
            return None
        return [Given(Known(item), arg.value, scope) for item in one.known]

    def _bind_parameters(
        self, function: Function, call: ast.Call, scope: Scope, inner: Scope
    ) -> None:
        super()._bind_parameters(function, call, scope, inner)
        spec = function.node.args
        settings = self.settings(call, scope)
        names = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        if not settings.unread:
            for name, one in zip(names, settings.args, strict=False):
                inner.names[name] = one.value
            for name, one in settings.words.items():
                if name in {*names, *(arg.arg for arg in spec.kwonlyargs)}:
                    inner.names[name] = one.value
            if spec.vararg:
                inner.names[spec.vararg.arg] = Items(settings.args[len(names) :])
            if spec.kwarg:
                own = {*names, *(arg.arg for arg in spec.kwonlyargs)}
                more = {w: g for w, g in settings.words.items() if w not in own}
                inner.names[spec.kwarg.arg] = Known(Table(more))

    def follow(self, function: Function, first: object) -> object | None:
        """Return what a function of the script gives for one argument."""
        self._calls += 1
        too_deep = function.node in self._active or len(self._active) >= 20
        spec = function.node.args
        names = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        if too_deep or self._calls > 2000 or not names:
            return None
        inner = Scope(function.scope, self.conditions)
        for name, default in zip(
            reversed(names), reversed(spec.defaults), strict=False
        ):
            inner.names[name] = evaluate(default, function.scope)
        inner.names[names[0]] = first
        return self.run(function.node, inner)

    def _loop(self, node: Loop, scope: Scope) -> None:
        if isinstance(node, ast.For):
            self.visit(node.iter, scope)
            items = self.result(node.iter)
            if isinstance(items, Items):
                for item in items.given:
                    self._bind_target(node.target, item.value, scope)
                    self.walk(node.body, scope)
                return
        super()._loop(node, scope)

    # Classes.

    def define_class(self, node: ast.ClassDef, scope: Scope) -> object | None:
        for base in node.bases:
            bound = scope.lookup(base.id) if isinstance(base, ast.Name) else None
            path = self.path(base, scope)
            if path in ENUMS or isinstance(bound, EnumClass):
                return self._define_enum(node, path, scope)
            if isinstance(bound, OtherClass):
                return OtherClass(node.name, bound.base)
            if path and "." in path:
                return OtherClass(node.name, path)
        return OtherClass(node.name, None)

    def _define_enum(
        self, node: ast.ClassDef, base: str | None, scope: Scope
    ) -> EnumClass:
        members: list[EnumMember] = []
        for part in node.body:
            if not isinstance(part, ast.Assign) or len(part.targets) != 1:
                continue
            target = part.targets[0]
            if not isinstance(target, ast.Name) or target.id.startswith("_"):
                continue
            value = known(part.value, scope, default=...)
            made = part.value.func if isinstance(part.value, ast.Call) else None
            if made is not None and self.path(made, scope) == "enum.auto":
                lower = base == "enum.StrEnum"
                value = target.id.lower() if lower else len(members) + 1
            members.append(EnumMember(target.id, value))
        for member in members:
            self._bind_member(f"{node.name}.{member.name}", member, scope)
        names = Table({m.name: Given(Known(m), node.bases[0], scope) for m in members})
        scope.names[f"{node.name}.__members__"] = Known(names)
        return EnumClass(tuple(members))

    def _bind_member(self, name: str, member: EnumMember, scope: Scope) -> None:
        scope.names[name] = Known(member)
        scope.names[f"{name}.name"] = Known(member.name)
        is_known = member.value is not ...
        scope.names[f"{name}.value"] = (
            Known(member.value) if is_known else Unknown(f"{name}.value")
        )

    # Collections.

    def items_of(self, given: Given) -> list[object] | None:
        """Return what a list of choices holds: values, members; None if not known."""
        if isinstance(given.value, EnumClass):
            return list(given.value.members)
        if isinstance(given.value, Items):
            items = given.value.given
            return [i.known for i in items] if all(i.is_known for i in items) else None
        if isinstance(given.known, list | tuple | dict | str | range):
            return list(given.known)[:MAX_ITEMS]
        return self._items_written(given.node, given.scope)

    def _items_written(self, node: ast.expr, scope: Scope) -> list[object] | None:
        if isinstance(node, Comprehension):
            return self._comprehended(node, scope)
        if not isinstance(node, ast.Call) or node.keywords or len(node.args) > 1:
            return None
        if self.path(node.func, scope) in COLLECTIONS - {"reversed"} and node.args:
            return self.items_of(
                Given(self._found(node.args[0], scope), node.args[0], scope)
            )
        if isinstance(node.func, ast.Attribute) and not node.args:
            table = self._found(node.func.value, scope)
            if isinstance(table, Known) and isinstance(table.value, dict):
                return {
                    "keys": list(table.value),
                    "values": list(table.value.values()),
                }.get(node.func.attr)
        return None

    def _found(self, node: ast.expr, scope: Scope) -> object:
        bound = scope.lookup(node.id) if isinstance(node, ast.Name) else None
        return evaluate(node, scope) if bound is None else bound

    def _comprehended(self, node: Comprehension, scope: Scope) -> list[object] | None:
        generator = node.generators[0]
        target = generator.target
        if (
            len(node.generators) > 1
            or generator.ifs
            or not isinstance(target, ast.Name)
        ):
            return None
        source = generator.iter
        items = self.items_of(Given(self._found(source, scope), source, scope))
        if items is None:
            return None
        made = []
        for item in items:
            inner = Scope(scope)
            inner.names[target.id] = Known(item)
            if isinstance(item, EnumMember):
                self._bind_member(target.id, item, inner)
            made.append(known(node.elt, inner, default=...))
        return None if ... in made else made


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


def is_unbound(node: ast.expr, scope: Scope) -> bool:
    """Whether a name comes from an import, or from nowhere."""
    bound = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    return bound is None or isinstance(bound, Imported)


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
