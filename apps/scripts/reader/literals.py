"""What an expression in a script is worth, as far as its text alone can tell.

Nothing is imported or run: names are followed through the scopes that a reader has
filled, a few harmless functions are known, and everything else is Unknown.
"""

from __future__ import annotations

import ast
import operator
import os.path
import textwrap
from argparse import ONE_OR_MORE, OPTIONAL, PARSER, REMAINDER, SUPPRESS, ZERO_OR_MORE
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from apps.scripts.reader.scopes import (
    FromEnvironment,
    Known,
    Scope,
    Unknown,
    Value,
    dotted,
)

# A script is data: no expression of it may make this process compute for long.
MAX_ITEMS = 10_000
MAX_BITS = 256
MAX_TEXT = 100_000
SHOWN_CODE = 60


def code_of(node: ast.AST) -> str:
    """Return an expression as it is written, short enough for a sentence."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= SHOWN_CODE else f"{text[:SHOWN_CODE]}…"


def evaluate(node: ast.expr, scope: Scope) -> Value:
    """Return what an expression is worth where it stands."""
    handler = HANDLERS.get(type(node))
    value = handler(node, scope) if handler else None
    return Unknown(code_of(node)) if value is None else value


def known(node: ast.expr | None, scope: Scope, default: Any = None) -> Any:
    """Return the value of an expression that is certain; `default` where it is not."""
    value = evaluate(node, scope) if node is not None else None
    return value.value if isinstance(value, Known) else default


def decide(test: ast.expr, scope: Scope) -> bool | None:
    """Return whether a condition holds when the script is run; None if that depends."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        sides = {code_of(test.left), code_of(test.comparators[0])}
        return True if sides == {"__name__", "'__main__'"} else None
    if scope.canonical(test) == "typing.TYPE_CHECKING":
        return False
    verdict = known(test, scope)
    return verdict if isinstance(verdict, bool) else None


def _apply(function: Callable[..., Any], *values: Value) -> Value | None:
    """Return function(*values), with at most one of them from the environment."""
    taken = [value for value in values if isinstance(value, FromEnvironment)]
    if len(taken) > 1 or any(isinstance(value, Unknown) for value in values):
        return None
    source = taken[0] if taken else None
    given = _call(function, values, source.given if source else None)
    if source is None:
        return given
    otherwise: Known | Unknown | None = source.otherwise
    if isinstance(otherwise, Known):
        otherwise = _call(function, values, otherwise.value)
    return FromEnvironment(
        source.variable,
        # int("$LIMIT") has no better name than the variable's own.
        given.value if given else source.given,
        otherwise or Unknown(""),
    )


def _call(
    function: Callable[..., Any], values: tuple[Value, ...], instead: Any
) -> Known | None:
    """Call with what is known, and with `instead` for what is not."""
    plain = [v.value if isinstance(v, Known) else instead for v in values]
    try:
        return Known(function(*plain))
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
        return None


def _constant(node: ast.Constant, scope: Scope) -> Value | None:
    plain = node.value is None or isinstance(node.value, str | int | float | bool)
    return Known(node.value) if plain else None


def _name(node: ast.Name | ast.Attribute, scope: Scope) -> Value | None:
    name = dotted(node)
    bound = scope.lookup(name) if name else None
    if isinstance(bound, Known | FromEnvironment | Unknown):
        return bound
    path = scope.canonical(node)
    return Known(CONSTANTS[path]) if path in CONSTANTS else None


def _sequence(node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value | None:
    values = [evaluate(item, scope) for item in node.elts]
    if not all(isinstance(value, Known) for value in values):
        return None
    items = [value.value for value in values if isinstance(value, Known)]
    # A set keeps the order in which it is written: that is the one to show.
    return Known(tuple(items) if isinstance(node, ast.Tuple) else items)


def _dict(node: ast.Dict, scope: Scope) -> Value | None:
    # Of a dict only the keys are ever asked for, as choices: its values, often
    # functions, may be anything.
    keys = [evaluate(key, scope) if key else None for key in node.keys]
    if not all(isinstance(key, Known) for key in keys):
        return None
    names = [key.value for key in keys if isinstance(key, Known)]
    hashable = not any(isinstance(name, list) for name in names)
    return Known(dict.fromkeys(names)) if hashable else None


def _unary(node: ast.UnaryOp, scope: Scope) -> Value | None:
    function = UNARY.get(type(node.op))
    return _apply(function, evaluate(node.operand, scope)) if function else None


def _binary(node: ast.BinOp, scope: Scope) -> Value | None:
    function = BINARY.get(type(node.op))
    if function is None:
        return None
    return _apply(function, evaluate(node.left, scope), evaluate(node.right, scope))


def _either(node: ast.BoolOp, scope: Scope) -> Value | None:
    # os.environ.get("X") or "x"
    if not isinstance(node.op, ast.Or) or len(node.values) != 2:
        return None
    first, second = (evaluate(value, scope) for value in node.values)
    if isinstance(first, Known):
        return first if first.value else second
    if not isinstance(first, FromEnvironment) or not isinstance(second, Known):
        return None
    if isinstance(first.otherwise, Known) and first.otherwise.value:
        return first
    return FromEnvironment(first.variable, first.given, second)


def _joined(node: ast.JoinedStr, scope: Scope) -> Value | None:
    pieces = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            if part.conversion != -1 or part.format_spec is not None:
                return None
            part = part.value
        pieces.append(evaluate(part, scope))
    return _apply(lambda *values: "".join(map(str, values)), *pieces)


def _subscript(node: ast.Subscript, scope: Scope) -> Value | None:
    if scope.canonical(node.value) != "os.environ":
        return None
    name = known(node.slice, scope)
    if not isinstance(name, str):
        return None
    return FromEnvironment(name, f"${name}", Unknown(""))


def _call_node(node: ast.Call, scope: Scope) -> Value | None:
    if any(isinstance(arg, ast.Starred) for arg in node.args):
        return None
    path = scope.canonical(node.func)
    if path in ENVIRONMENT_READERS:
        return _environment(node, scope)
    if node.keywords:
        return None
    values = [evaluate(arg, scope) for arg in node.args]
    if path in FUNCTIONS:
        return _apply(FUNCTIONS[path], *values)
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        method = METHODS[node.func.attr]
        return _apply(method, evaluate(node.func.value, scope), *values)
    return None


def _environment(node: ast.Call, scope: Scope) -> Value | None:
    given = [*node.args, *(word.value for word in node.keywords)]
    name = known(given[0], scope) if given else None
    if not isinstance(name, str) or len(given) > 2:
        return None
    fallback = evaluate(given[1], scope) if len(given) == 2 else Known(None)
    if isinstance(fallback, FromEnvironment):
        return None
    return FromEnvironment(name, f"${name}", fallback)


def _add(left: Any, right: Any) -> Any:
    total = left + right
    if isinstance(total, str | list | tuple) and len(total) > MAX_TEXT:
        raise ValueError
    return total


def _multiply(left: Any, right: Any) -> Any:
    _refuse_large(left, right)
    return left * right


def _power(left: Any, right: Any) -> Any:
    _refuse_large(left, right)
    if not 0 <= right <= MAX_BITS or abs(left) > MAX_ITEMS:
        raise ValueError
    return left**right


def _remainder(left: Any, right: Any) -> Any:
    # Not for text: "%999999999d" % 1 would fill the memory.
    _refuse_large(left, right)
    return left % right


def _refuse_large(*numbers: Any) -> None:
    for number in numbers:
        if not isinstance(number, int | float):
            raise TypeError
        if isinstance(number, int) and number.bit_length() > MAX_BITS:
            raise ValueError


def _divide(left: Any, right: Any) -> Any:
    if isinstance(left, PurePosixPath) or isinstance(right, PurePosixPath):
        return PurePosixPath(left) / right
    _refuse_large(left, right)
    return left / right


def _range(*bounds: int) -> range:
    return range(*bounds)


def _sorted(values: Any) -> list[Any]:
    return sorted(_list(values))


def _list(values: Any = ()) -> list[Any]:
    if len(values) > MAX_ITEMS:
        raise ValueError
    return list(values)


def _int(value: Any) -> int:
    return int(value)


def _path(*parts: Any) -> PurePosixPath:
    return PurePosixPath(*parts)


def _keys(value: Any) -> list[Any]:
    if not isinstance(value, dict):
        raise TypeError
    return list(value)


def _split(value: Any, separator: str | None = None) -> list[str]:
    if not isinstance(value, str):
        raise TypeError
    return value.split(separator)


def _strip(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.strip()


HANDLERS: dict[type[ast.expr], Callable[[Any, Scope], Value | None]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _name,
    ast.List: _sequence,
    ast.Tuple: _sequence,
    ast.Set: _sequence,
    ast.Dict: _dict,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.BoolOp: _either,
    ast.JoinedStr: _joined,
    ast.Subscript: _subscript,
    ast.Call: _call_node,
}

CONSTANTS: dict[str | None, Any] = {
    "argparse.SUPPRESS": SUPPRESS,
    "argparse.OPTIONAL": OPTIONAL,
    "argparse.ZERO_OR_MORE": ZERO_OR_MORE,
    "argparse.ONE_OR_MORE": ONE_OR_MORE,
    "argparse.REMAINDER": REMAINDER,
    "argparse.PARSER": PARSER,
}

ENVIRONMENT_READERS = ("os.environ.get", "os.getenv")

FUNCTIONS: dict[str | None, Callable[..., Any]] = {
    "range": _range,
    "list": _list,
    "tuple": lambda values=(): tuple(_list(values)),
    "set": _list,
    "frozenset": _list,
    "sorted": _sorted,
    "str": str,
    "int": _int,
    "float": float,
    "os.path.join": os.path.join,
    "textwrap.dedent": textwrap.dedent,
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "pathlib.PosixPath": _path,
    "pathlib.PurePosixPath": _path,
}

METHODS: dict[str, Callable[..., Any]] = {
    "keys": _keys,
    "split": _split,
    "strip": _strip,
}

UNARY: dict[type[ast.unaryop], Callable[..., Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}

BINARY: dict[type[ast.operator], Callable[..., Any]] = {
    ast.Add: _add,
    ast.Sub: operator.sub,
    ast.Mult: _multiply,
    ast.Pow: _power,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
}
