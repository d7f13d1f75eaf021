"""Looks at a whole syntax tree."""

from __future__ import annotations

import ast
import threading
import warnings
from collections.abc import Iterable

# catch_warnings changes the whole process; one thread at a time may.
_parsing = threading.Lock()
# Deeper expressions than people write; following them would exhaust the stack.
MAX_EXPRESSION_DEPTH = 80
# Of a number; what people write has 64.
MAX_BITS = 1024

FSTRING_PARTS = (ast.JoinedStr, ast.FormattedValue)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def parse(source: str) -> ast.Module:
    """Return the tree of a module, with what is nested too deeply cut out of it.

    Raises what ast.parse raises: SyntaxError, ValueError, RecursionError, MemoryError.
    """
    with _parsing, warnings.catch_warnings():
        # An invalid escape in a script is the script's own affair.
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    pending: list[tuple[ast.AST, int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth >= MAX_EXPRESSION_DEPTH:
            _cut(node)
        if isinstance(node, ast.Constant) and _is_huge(node.value):
            # Python would not print it, nor would JSON hold it.
            node.value = ...
        for child in ast.iter_child_nodes(node):
            # The body of a compound statement starts anew.
            deeper = 0 if isinstance(child, ast.stmt) else depth + 1
            pending += [(child, deeper)]
    return tree


def _is_huge(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > MAX_BITS


def _cut(node: ast.AST) -> None:
    """Put `...`, which is worth nothing, in place of the expressions below a node."""
    if isinstance(node, ast.JoinedStr):
        # The parts of an f-string must stay what they are; what is in them is cut.
        return
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            setattr(node, name, [_without(part) for part in value])
        else:
            setattr(node, name, _without(value))


def _without(part: object) -> object:
    if isinstance(part, ast.expr) and not isinstance(part, FSTRING_PARTS):
        return ast.copy_location(ast.Constant(value=...), part)
    return part


def functions_with(tree: ast.Module, words: set[str]) -> list[FunctionNode]:
    """Return functions in which a word occurs, or the name of another such function."""
    used = {
        node: {
            part.id if isinstance(part, ast.Name) else part.attr
            for part in ast.walk(node)
            if isinstance(part, ast.Name | ast.Attribute)
        }
        for node in ast.walk(tree)
        if isinstance(node, FunctionNode)
    }
    relevant: set[FunctionNode] = set()
    names = set(words)
    while found := {n for n in used if n not in relevant and used[n] & names}:
        relevant |= found
        names |= {node.name for node in found}
    return [node for node in used if node in relevant]


def names_changed_elsewhere(tree: ast.Module, mutators: set[str]) -> set[str]:
    """Return names that a function rebinds, or changes in place, outside of itself."""
    changed: set[str] = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.Global | ast.Nonlocal):
            changed |= set(function.names)
        if not isinstance(function, FunctionNode):
            continue
        touched: set[str] = set()
        own = {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
        for node in ast.walk(function):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    own.add(name)
                case ast.Subscript(
                    value=ast.Name(id=name), ctx=ast.Store() | ast.Del()
                ):
                    touched.add(name)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                    if method in mutators:
                        touched.add(name)
        changed |= touched - own
    return changed


def attributes_changed_in(
    functions: Iterable[FunctionNode], mutators: set[str]
) -> set[str]:
    """Return the attributes that functions set, or change in place."""
    changed: set[str] = set()
    for function in functions:
        for node in ast.walk(function):
            match node:
                case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                    changed.add(name)
                case ast.Subscript(
                    value=ast.Attribute(attr=name), ctx=ast.Store() | ast.Del()
                ):
                    changed.add(name)
                case ast.Call(
                    func=ast.Attribute(value=ast.Attribute(attr=name), attr=method)
                ):
                    if method in mutators:
                        changed.add(name)
    return changed


def imported_modules(tree: ast.Module) -> dict[str, ast.stmt]:
    """Return the top-level packages that a script imports, anywhere in it."""
    found: dict[str, ast.stmt] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.setdefault(alias.name.partition(".")[0], node)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.setdefault(node.module.partition(".")[0], node)
    return found
