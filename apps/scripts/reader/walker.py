"""Following a script's statements in order, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from apps.scripts.reader.expressions import MAX_ROUNDS, Expressions
from apps.scripts.reader.literals import bound, decide
from apps.scripts.reader.scopes import Imported, Scope
from apps.scripts.reader.sequences import items_of

Loop = ast.For | ast.AsyncFor | ast.While


class Walker(Expressions):
    """Walks a module: statements in order, branches and loops as what may not be."""

    def walk(self, statements: Iterable[ast.stmt], scope: Scope) -> str | None:
        """Follow statements in order, and what they call.

        Returns how they end before their time, where it is certain that they do.
        """
        for node in statements:
            if (end := self._step(node, scope)) is not None:
                return end
        return None

    def _step(self, node: ast.stmt, scope: Scope) -> str | None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.bind(node.name, self.define_function(node, scope), scope)
            case ast.ClassDef():
                self.bind(node.name, self.define_class(node, scope), scope)
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self._assign(node, scope)
            case ast.Return():
                self._return(node, scope)
                return "return"
            case ast.Break():
                return "break"
            case ast.Continue():
                return "continue"
            case ast.If():
                return self._if(node, scope)
            case ast.With() | ast.AsyncWith():
                return self._with(node, scope)
            case _:
                self._compound(node, scope)
        return None

    def _compound(self, node: ast.stmt, scope: Scope) -> None:
        match node:
            case ast.For() | ast.AsyncFor() | ast.While():
                self._loop(node, scope)
            case ast.Try() | ast.TryStar():
                self._try(node, scope)
            case ast.Match():
                self.visit(node.subject, scope)
                for case in node.cases:
                    with self.branch():
                        self._bind_captures(case.pattern, scope)
                        self.walk(case.body, scope)
            case ast.Delete():
                for target in node.targets:
                    self._bind_target(target, None, scope)
            case _:
                self._visit_children(node, scope)

    def _if(self, node: ast.If, scope: Scope) -> str | None:
        self.visit(node.test, scope)
        verdict = decide(node.test, scope)
        while verdict is False and _is_elif(node.orelse):
            self.skip(node.body)
            node = node.orelse[0]  # type: ignore[assignment]
            self.visit(node.test, scope)
            verdict = decide(node.test, scope)
        if verdict is not None:
            taken, other = node.body, node.orelse
            if not verdict:
                taken, other = other, taken
            self.skip(other)
            return self.walk(taken, scope)
        self._undecided(node, scope)
        if self._in_loop and any(map(_leaves_round, ast.walk(node))):
            # Whether the rest of the round happens depends on this.
            self.enter_branch()
        return None

    def skip(self, statements: list[ast.stmt]) -> None:
        """Take note of statements that are known never to happen."""

    def _undecided(self, node: ast.If, scope: Scope) -> None:
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
            with self.branch():
                self.visit(node.test, scope)
        else:
            self.visit(node.iter, scope)
            items = items_of(bound(node.iter, scope))
            if items is not None and self._unrolled(node, items, scope):
                return
            self._bind_target(node.target, None, scope)
        for body in (node.body, node.orelse):
            with self.branch():
                self.walk(body, scope)

    def _unrolled(
        self, node: ast.For | ast.AsyncFor, items: list[object], scope: Scope
    ) -> bool:
        """Follow a loop over what is known, round by round."""
        if len(items) > MAX_ROUNDS or self.count_rounds(items):
            return False
        before, outer = self.conditions, self._in_loop
        self._in_loop = True
        for item in items:
            self._bind_target(node.target, item, scope)
            end = self.walk(node.body, scope)
            if end in ("break", "return"):
                break
        else:
            self.walk(node.orelse, scope)
        self.conditions, self._in_loop = before, outer
        return True

    def _try(self, node: ast.Try | ast.TryStar, scope: Scope) -> None:
        self.walk(node.body, scope)
        for handler in node.handlers:
            with self.branch():
                if handler.name:
                    self.bind(handler.name, None, scope)
                self.walk(handler.body, scope)
        self.walk(node.orelse, scope)
        self.walk(node.finalbody, scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> str | None:
        for item in node.items:
            self.visit(item.context_expr, scope)
            if item.optional_vars is not None:
                self._bind_target(item.optional_vars, None, scope)
        return self.walk(node.body, scope)

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
            self.forget(node.target, scope)
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


def _leaves_round(node: ast.AST) -> bool:
    return isinstance(node, ast.Break | ast.Continue)


def _is_elif(body: list[ast.stmt]) -> bool:
    return len(body) == 1 and isinstance(body[0], ast.If)
