"""Following a script's names, values and calls, without running it.

The script's own functions are entered where they are called, but only those in which
one of the walker's words occurs; what any other call means is a subclass's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager

from apps.scripts.reader.calls import bind_call, defaults_of
from apps.scripts.reader.literals import bound, code_of, evaluate, rounds
from apps.scripts.reader.scopes import (
    FromEnvironment,
    Function,
    Holder,
    Imported,
    Known,
    Scope,
    Unknown,
    dotted,
)
from apps.scripts.reader.sequences import items_of, sequence
from apps.scripts.reader.trees import (
    FunctionNode,
    functions_with,
    names_changed_elsewhere,
)

# A script is data: following it must end soon, however its functions call each other.
MAX_CALLS = 2000
MAX_DEPTH = 20
# Of one loop, and of all of them together.
MAX_ROUNDS = 200
MAX_ALL_ROUNDS = 1000

MUTATORS = {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"}
MUTATORS |= {"update", "setdefault", "add", "discard", "popitem"}

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Expressions:
    """What a walker knows of names, and how it follows calls and values."""

    def __init__(self, tree: ast.Module, words: set[str]) -> None:
        self.tree = tree
        self.module = Scope()
        # What the present statement depends on: a number for each branch or loop.
        self.conditions: tuple[int, ...] = ()
        self.entered: set[FunctionNode] = set()
        self.relevant = functions_with(tree, words)
        self._branches = 0
        self._calls = 0
        self._rounds = 0
        self._in_loop = False
        self._active: list[FunctionNode] = []
        self._returned: object | None = None
        self._results: dict[ast.expr, object | None] = {}
        # Names that functions rebind or change in place are never certain.
        self._volatile = names_changed_elsewhere(tree, MUTATORS)

    @property
    def active(self) -> FunctionNode | None:
        """The function that is walked now."""
        return self._active[-1] if self._active else None

    @contextmanager
    def branch(self) -> Iterator[None]:
        """What is walked inside may not happen, or happen more than once."""
        before = self.conditions
        self._branches += 1
        self.conditions = (*before, self._branches)
        try:
            yield
        finally:
            self.conditions = before

    def enter_branch(self) -> None:
        """Take what follows, up to the end of a loop, for what may not happen."""
        self._branches += 1
        self.conditions = (*self.conditions, self._branches)

    # What a subclass decides.

    def walk(self, statements: Iterable[ast.stmt], scope: Scope) -> str | None:
        """Follow statements in order."""
        raise NotImplementedError

    def call(
        self, node: ast.Call, callee: object | None, scope: Scope
    ) -> object | None:
        """Return the object that a call gives, None for one that does not matter."""
        raise NotImplementedError

    def attribute(self, owner: object, node: ast.Attribute) -> object | None:
        """Return the object that an attribute of a known object is."""
        raise NotImplementedError

    def define_function(self, node: FunctionNode, scope: Scope) -> object | None:
        """Return the object that a function is, after what decorates it."""
        return Function(node, scope)

    def define_class(self, node: ast.ClassDef, scope: Scope) -> object | None:
        """Return the object that a class stands for."""
        raise NotImplementedError

    def assign_attribute(
        self, owner: object, target: ast.Attribute, value: ast.expr, scope: Scope
    ) -> None:
        """Take note that an attribute of a known object is set."""
        raise NotImplementedError

    # Names.

    def bind(self, name: str, value: object | None, scope: Scope) -> None:
        """Bind a name, to Unknown where it is not certain what it will hold."""
        conditional = self.conditions != scope.conditions
        if conditional and isinstance(scope.names.get(name), Imported):
            # The other branch of a guarded import.
            return
        certain = isinstance(value, Known | FromEnvironment | Unknown)
        if value is None or (certain and (conditional or name in self._volatile)):
            value = Unknown(name)
        scope.names[name] = value

    def _bind_target(
        self, target: ast.expr, value: object | None, scope: Scope
    ) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            parts = None if _has_star(target) else items_of(value)
            if parts is None or len(parts) != len(target.elts):
                parts = [None] * len(target.elts)
            for item, part in zip(target.elts, parts, strict=True):
                self._bind_target(item, part, scope)
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, None, scope)
        elif isinstance(target, ast.Subscript):
            self.forget(target.value, scope)
        elif name := dotted(target):
            self.bind(name, value, scope)

    def _bind_captures(self, pattern: ast.pattern, scope: Scope) -> None:
        for part in ast.walk(pattern):
            name = getattr(part, "rest", None) or getattr(part, "name", None)
            if name is not None:
                self.bind(name, None, scope)

    def forget(self, node: ast.expr, scope: Scope) -> None:
        """Take note that what a name holds is changed in place."""
        # A list or a dict that is changed in place is no constant.
        if isinstance(node, ast.Attribute):
            owner = bound(node.value, scope)
            if isinstance(owner, Holder):
                owner.forget(node.attr)
        name = dotted(node)
        home = scope.home(name) if name else None
        if name and home and isinstance(home.names[name], Known):
            home.names[name] = Unknown(name)

    # Expressions.

    def visit(self, node: ast.expr, scope: Scope) -> object | None:
        """Follow the calls in an expression; return the object it is, if it is one.

        Values are not objects: ask `value` for them.
        """
        match node:
            case ast.Call():
                result = self._visit_call(node, scope)
            case ast.Name():
                result = scope.lookup(node.id)
            case ast.Attribute():
                result = self._visit_attribute(node, scope)
            case ast.NamedExpr():
                result = self.value(node.value, scope)
                self._bind_target(node.target, result, scope)
            case ast.Await():
                result = self.visit(node.value, scope)
            case _:
                result = None
                self._visit_parts(node, scope)
        if isinstance(result, Known | FromEnvironment | Unknown | Imported):
            result = None
        self._results[node] = result
        return result

    def value(self, node: ast.expr, scope: Scope) -> object:
        """Follow an expression and return the object, or the Value, that it is."""
        result = self.visit(node, scope)
        if result is not None:
            return result
        if isinstance(node, ast.List | ast.Tuple):
            parts = [self.result(part) for part in node.elts]
            if any(parts):
                pairs = zip(parts, node.elts, strict=True)
                items = [part or bound(elt, scope) for part, elt in pairs]
                return sequence(items, code_of(node))
        return evaluate(node, scope)

    def result(self, node: ast.expr) -> object | None:
        """Return what `visit` found for an expression that it has been through."""
        return self._results.get(node)

    def _visit_parts(self, node: ast.expr, scope: Scope) -> None:
        match node:
            case ast.Lambda():
                # Called, if at all, later and elsewhere.
                return
            case ast.BoolOp():
                first, *rest = node.values
            case ast.IfExp():
                first, *rest = node.test, node.body, node.orelse
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                first, *rest = _parts_of_comprehension(node)
                if self._visit_rounds(node, first, rest, scope):
                    return
            case _:
                self._visit_children(node, scope)
                return
        self.visit(first, scope)
        for part in rest:
            with self.branch():
                self.visit(part, scope)

    def _visit_rounds(
        self, node: Comprehension, first: ast.expr, rest: list[ast.expr], scope: Scope
    ) -> bool:
        """Follow a comprehension over what is known, round by round."""
        # Only calls are worth it: what else is in it is evaluated, not followed.
        parts = [part for one in rest for part in ast.walk(one)]
        if any(isinstance(part, ast.NamedExpr) for part in parts):
            return False
        if not any(isinstance(part, ast.Call) for part in parts):
            self.visit(first, scope)
            return True
        scopes = list(rounds(node.generators, scope))
        if None in scopes or len(scopes) > MAX_ROUNDS or self.count_rounds(scopes):
            return False
        self.visit(first, scope)
        for inner in scopes:
            for part in rest:
                self.visit(part, inner or scope)
        return True

    def count_rounds(self, items: Sized) -> bool:
        """Whether a script goes round and round more than anything would."""
        self._rounds += len(items)
        return self._rounds > MAX_ALL_ROUNDS

    def _visit_children(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.visit(child, scope)
            elif not isinstance(child, ast.expr_context):
                self._visit_children(child, scope)

    def _visit_attribute(self, node: ast.Attribute, scope: Scope) -> object | None:
        name = dotted(node)
        bound = scope.lookup(name) if name else None
        if bound is not None:
            return bound
        owner = self.visit(node.value, scope)
        return None if owner is None else self.attribute(owner, node)

    def _visit_call(self, node: ast.Call, scope: Scope) -> object | None:
        callee = self.visit(node.func, scope)
        for arg in [*node.args, *(word.value for word in node.keywords)]:
            self.visit(arg, scope)
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            self.forget(node.func.value, scope)
        if isinstance(callee, Function) and callee.node in self.relevant:
            return self.enter(callee, node, scope)
        return self.call(node, callee, scope)

    # Functions.

    def enter(
        self,
        function: Function,
        call: ast.Call,
        scope: Scope,
        instance: object | None = None,
    ) -> object | None:
        """Follow a call of a function of the script; return what it returns."""
        self._calls += 1
        too_deep = function.node in self._active or len(self._active) >= MAX_DEPTH
        if too_deep or self._calls > MAX_CALLS:
            return None
        spec = function.node.args
        inner = Scope(function.scope, self.conditions)
        inner.names |= defaults_of(spec, function.scope)
        inner.names |= bind_call(spec, call, scope, self._results, instance)
        return self.run(function.node, inner)

    def run(self, node: FunctionNode, scope: Scope) -> object | None:
        """Walk the body of a function in a scope of its own; return what it returns.

        Parameters that are not bound in `scope` are unknown.
        """
        for arg in ast.walk(node.args):
            if isinstance(arg, ast.arg):
                scope.names.setdefault(arg.arg, Unknown(arg.arg))
        self.entered.add(node)
        self._active.append(node)
        outer, self._returned = self._returned, None
        self.walk(node.body, scope)
        result, self._returned = self._returned, outer
        self._active.pop()
        return result


def _has_star(target: ast.Tuple | ast.List) -> bool:
    return any(isinstance(item, ast.Starred) for item in target.elts)


def _parts_of_comprehension(node: Comprehension) -> list[ast.expr]:
    first = node.generators[0].iter
    conditions = [test for part in node.generators for test in part.ifs]
    if isinstance(node, ast.DictComp):
        return [first, *conditions, node.key, node.value]
    return [first, *conditions, node.elt]
