"""Following a script's statements in order, without running it.

The walker knows scopes, imports, constants, functions, conditions and loops; what a
call means is its subclass's. It enters the script's own functions where they are
called, but only those in which one of the subclass's words occurs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from apps.scripts.reader.arguments import Function
from apps.scripts.reader.literals import code_of, evaluate, known
from apps.scripts.reader.scopes import (
    FromEnvironment,
    Imported,
    Known,
    Scope,
    Unknown,
    dotted,
)
from apps.scripts.reader.trees import FunctionNode, functions_with

# A script is data: following it must end soon, however its functions call each other.
MAX_CALLS = 2000
MAX_DEPTH = 20

MUTATORS = {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"}
MUTATORS |= {"update", "setdefault", "add", "discard", "popitem"}

Loop = ast.For | ast.AsyncFor | ast.While
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Walker:
    """Walks a module; `words` are the names that make a function worth entering."""

    def __init__(self, tree: ast.Module, words: set[str]) -> None:
        self.tree = tree
        self.module = Scope()
        # What the present statement depends on: a number for each branch or loop.
        self.conditions: tuple[int, ...] = ()
        self.entered: set[FunctionNode] = set()
        self.relevant = functions_with(tree, words)
        self._branches = 0
        self._calls = 0
        self._active: list[FunctionNode] = []
        self._returned: object | None = None
        self._results: dict[ast.expr, object | None] = {}
        # Names that functions rebind in the module are never certain.
        self._volatile = {
            name
            for node in ast.walk(tree)
            if isinstance(node, ast.Global)
            for name in node.names
        }

    # What a subclass decides.

    def call(
        self, node: ast.Call, callee: object | None, scope: Scope
    ) -> object | None:
        """Return the object that a call gives, None for one that does not matter."""
        raise NotImplementedError

    def attribute(self, owner: object, node: ast.Attribute) -> object | None:
        """Return the object that an attribute of a known object is."""
        raise NotImplementedError

    def define_class(self, node: ast.ClassDef, scope: Scope) -> object | None:
        """Return the object that a class stands for."""
        raise NotImplementedError

    def assign_attribute(
        self, owner: object, target: ast.Attribute, value: ast.expr, scope: Scope
    ) -> None:
        """Take note that an attribute of a known object is set."""
        raise NotImplementedError

    # Statements.

    def walk(self, statements: Iterable[ast.stmt], scope: Scope) -> None:
        for node in statements:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.bind(node.name, Function(node, scope), scope)
                case ast.ClassDef():
                    self.bind(node.name, self.define_class(node, scope), scope)
                case ast.Import() | ast.ImportFrom():
                    self._import(node, scope)
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                    self._assign(node, scope)
                case ast.Return():
                    self._return(node, scope)
                case _:
                    self._compound(node, scope)

    def _compound(self, node: ast.stmt, scope: Scope) -> None:
        match node:
            case ast.If():
                self._if(node, scope)
            case ast.For() | ast.AsyncFor() | ast.While():
                self._loop(node, scope)
            case ast.Try() | ast.TryStar():
                self._try(node, scope)
            case ast.With() | ast.AsyncWith():
                self._with(node, scope)
            case ast.Match():
                self.visit(node.subject, scope)
                for case in node.cases:
                    with self.branch():
                        self.walk(case.body, scope)
            case _:
                self._visit_children(node, scope)

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

    def _if(self, node: ast.If, scope: Scope) -> None:
        self.visit(node.test, scope)
        verdict = _decide(node.test, scope)
        if verdict is not None:
            self.walk(node.body if verdict else node.orelse, scope)
            return
        with self.branch():
            self.walk(node.body, scope)
            # A loop, since hundreds of elif are nested as deep in the tree.
            while _is_elif(node.orelse):
                node = node.orelse[0]  # type: ignore[assignment]
                self.visit(node.test, scope)
                with self.branch():
                    self.walk(node.body, scope)
            self.walk(node.orelse, scope)

    def _loop(self, node: Loop, scope: Scope) -> None:
        if isinstance(node, ast.While):
            self.visit(node.test, scope)
        else:
            self.visit(node.iter, scope)
            self._bind_target(node.target, None, scope)
        for body in (node.body, node.orelse):
            with self.branch():
                self.walk(body, scope)

    def _try(self, node: ast.Try | ast.TryStar, scope: Scope) -> None:
        self.walk(node.body, scope)
        for handler in node.handlers:
            with self.branch():
                self.walk(handler.body, scope)
        self.walk(node.orelse, scope)
        self.walk(node.finalbody, scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        for item in node.items:
            self.visit(item.context_expr, scope)
            if item.optional_vars is not None:
                self._bind_target(item.optional_vars, None, scope)
        self.walk(node.body, scope)

    def _return(self, node: ast.Return, scope: Scope) -> None:
        if node.value is None:
            return
        result = self.visit(node.value, scope)
        if result is not None:
            self._returned = result

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                name, path = alias.asname or alias.name, f"{base}.{alias.name}"
            elif alias.asname:
                name, path = alias.asname, alias.name
            else:
                name = path = alias.name.partition(".")[0]
            self.bind(name, Imported(path), scope)

    def _assign(
        self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: Scope
    ) -> None:
        if node.value is None:
            return
        value = self.value(node.value, scope)
        if isinstance(node, ast.AugAssign):
            self._bind_target(node.target, None, scope)
            return
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            owner = None
            if isinstance(target, ast.Attribute):
                owner = self.visit(target.value, scope)
            if isinstance(target, ast.Attribute) and owner is not None:
                self.assign_attribute(owner, target, node.value, scope)
            else:
                self._bind_target(target, value, scope)

    # Names.

    def bind(self, name: str, value: object | None, scope: Scope) -> None:
        """Bind a name, to Unknown where it is not certain what it will hold."""
        conditional = self.conditions != scope.conditions
        if conditional and isinstance(scope.names.get(name), Imported):
            # The other branch of a guarded import.
            return
        certain = isinstance(value, Known | FromEnvironment | Unknown)
        volatile = scope is self.module and name in self._volatile
        if value is None or (certain and (conditional or volatile)):
            value = Unknown(name)
        scope.names[name] = value

    def _bind_target(
        self, target: ast.expr, value: object | None, scope: Scope
    ) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for item in target.elts:
                self._bind_target(item, None, scope)
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, None, scope)
        elif isinstance(target, ast.Subscript):
            self._forget(target.value, scope)
        elif name := dotted(target):
            self.bind(name, value, scope)

    def _forget(self, node: ast.expr, scope: Scope) -> None:
        # A list or a dict that is changed in place is no constant.
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
        return evaluate(node, scope) if result is None else result

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
            case _:
                self._visit_children(node, scope)
                return
        self.visit(first, scope)
        for part in rest:
            with self.branch():
                self.visit(part, scope)

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
            self._forget(node.func.value, scope)
        if isinstance(callee, Function) and callee.node in self.relevant:
            return self._enter(callee, node, scope)
        return self.call(node, callee, scope)

    # Functions.

    def _enter(self, function: Function, call: ast.Call, scope: Scope) -> object | None:
        self._calls += 1
        too_deep = function.node in self._active or len(self._active) >= MAX_DEPTH
        if too_deep or self._calls > MAX_CALLS:
            return None
        inner = Scope(function.scope, self.conditions)
        self._bind_parameters(function, call, scope, inner)
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

    def _bind_parameters(
        self, function: Function, call: ast.Call, scope: Scope, inner: Scope
    ) -> None:
        spec = function.node.args
        names = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
        known_words = {*names, *(arg.arg for arg in spec.kwonlyargs)}
        with_default = names[len(names) - len(spec.defaults) :]
        for name, default in zip(with_default, spec.defaults, strict=True):
            inner.names[name] = evaluate(default, function.scope)
        for arg, kw_default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            if kw_default is not None:
                inner.names[arg.arg] = evaluate(kw_default, function.scope)
        for name, node in zip(names, call.args, strict=False):
            if isinstance(node, ast.Starred):
                break
            inner.names[name] = self.result(node) or evaluate(node, scope)
        for word in call.keywords:
            if word.arg in known_words:
                value = self.result(word.value) or evaluate(word.value, scope)
                inner.names[word.arg] = value


def _is_elif(body: list[ast.stmt]) -> bool:
    return len(body) == 1 and isinstance(body[0], ast.If)


def _decide(test: ast.expr, scope: Scope) -> bool | None:
    """Tell whether a condition holds when the script is run; None if that depends."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        sides = {code_of(test.left), code_of(test.comparators[0])}
        return True if sides == {"__name__", "'__main__'"} else None
    if scope.canonical(test) == "typing.TYPE_CHECKING":
        return False
    verdict = known(test, scope)
    return verdict if isinstance(verdict, bool) else None


def _parts_of_comprehension(node: Comprehension) -> list[ast.expr]:
    first = node.generators[0].iter
    conditions = [test for part in node.generators for test in part.ifs]
    if isinstance(node, ast.DictComp):
        return [first, *conditions, node.key, node.value]
    return [first, *conditions, node.elt]
