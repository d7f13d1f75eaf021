"""What an expression in a script is worth, as far as its text alone can tell.

Nothing is imported or run: names are followed through the scopes that a reader has
filled, a few harmless functions are known, and everything else is Unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from apps.scripts.reader.applying import apply
from apps.scripts.reader.functions import (
    BINARY,
    COMPARE,
    CONSTANTS,
    FUNCTIONS,
    METHODS,
    UNARY,
    joined,
)
from apps.scripts.reader.scopes import (
    FromEnvironment,
    Holder,
    Imported,
    Known,
    Member,
    Scope,
    Unknown,
    Value,
    dotted,
)
from apps.scripts.reader.sequences import (
    OF_DICTS,
    OF_LISTS,
    OF_LISTS_WORDS,
    item_of,
    items_of,
    sequence,
    table,
    table_of,
)

ENVIRONMENT_READERS = ("os.environ.get", "os.getenv")
# Of one comprehension.
MAX_ROUNDS = 1000
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


def bound(node: ast.expr, scope: Scope) -> object:
    """Return what a name would be bound to: a value, or whatever else it is."""
    if isinstance(node, ast.Name | ast.Attribute):
        found = _found(node, scope)
        if found is not None:
            return found
        path = scope.canonical(node)
        if path is None:
            return Unknown(code_of(node))
        return Known(CONSTANTS[path]) if path in CONSTANTS else Imported(path)
    return evaluate(node, scope)


def _found(node: ast.Name | ast.Attribute, scope: Scope) -> object | None:
    name = dotted(node)
    found = scope.lookup(name) if name else None
    if found is None and isinstance(node, ast.Attribute):
        owner = bound(node.value, scope)
        if isinstance(owner, Holder):
            return owner.member(node.attr)
        if isinstance(owner, Known) and isinstance(owner.value, Member):
            part = {"name": owner.value.name, "value": owner.value.value}
            return Known(part[node.attr]) if node.attr in part else None
    return found


def known(node: ast.expr | None, scope: Scope, default: Any = None) -> Any:
    """Return the value of an expression that is certain; `default` where it is not."""
    value = evaluate(node, scope) if node is not None else None
    return value.value if isinstance(value, Known) else default


def decide(test: ast.expr, scope: Scope) -> bool | None:
    """Return whether a condition holds when the script is run; None if that depends."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Eq):
        sides = {code_of(test.left), code_of(test.comparators[0])}
        if sides == {"__name__", "'__main__'"}:
            return True
    if scope.canonical(test) == "typing.TYPE_CHECKING":
        return False
    verdict = evaluate(test, scope)
    return bool(verdict.value) if isinstance(verdict, Known) else None


def _constant(node: ast.Constant, scope: Scope) -> Value | None:
    plain = node.value is None or isinstance(node.value, str | int | float | bool)
    return Known(node.value) if plain else None


def _name(node: ast.Name | ast.Attribute, scope: Scope) -> Value | None:
    found = _found(node, scope)
    if isinstance(found, Known | FromEnvironment | Unknown):
        return found
    path = scope.canonical(node)
    return Known(CONSTANTS[path]) if path in CONSTANTS else None


def _sequence(node: ast.List | ast.Tuple | ast.Set, scope: Scope) -> Value | None:
    items: list[object] = []
    for item in node.elts:
        if not isinstance(item, ast.Starred):
            items.append(bound(item, scope))
            continue
        inner = items_of(bound(item.value, scope))
        if inner is None:
            return None
        items += inner
    # A set keeps the order in which it is written: that is the one to show.
    kind = tuple if isinstance(node, ast.Tuple) else list
    return sequence(items, code_of(node), kind)


def _dict(node: ast.Dict, scope: Scope) -> Value | None:
    pairs: dict[Any, object] = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            inner = table_of(bound(value, scope))
            if inner is None:
                return None
            pairs |= inner
            continue
        name = evaluate(key, scope)
        if not isinstance(name, Known) or not _is_key(name.value):
            return None
        pairs[name.value] = bound(value, scope)
    return table(pairs, code_of(node))


def _is_key(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | Member)


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope
) -> Value | None:
    items = []
    for inner in rounds(node.generators, scope):
        if inner is None:
            return None
        items.append(bound(node.elt, inner))
    return sequence(items, code_of(node))


def _dict_comprehension(node: ast.DictComp, scope: Scope) -> Value | None:
    pairs: dict[Any, object] = {}
    for inner in rounds(node.generators, scope):
        key = evaluate(node.key, inner) if inner is not None else None
        if inner is None or not isinstance(key, Known) or not _is_key(key.value):
            return None
        pairs[key.value] = bound(node.value, inner)
    return table(pairs, code_of(node))


def rounds(generators: list[ast.comprehension], scope: Scope) -> Iterator[Scope | None]:
    """Yield a scope for each round of a comprehension, None where that is not known."""
    first, *rest = generators
    items = items_of(bound(first.iter, scope))
    if items is None or first.is_async or len(items) > MAX_ROUNDS:
        yield None
        return
    for item in items:
        scope.rounds_left[0] -= 1
        if scope.rounds_left[0] < 0:
            yield None
            return
        inner = Scope(scope, scope.conditions)
        bind_parts(first.target, item, inner)
        verdicts = [decide(test, inner) for test in first.ifs]
        if None in verdicts:
            yield None
        elif all(verdicts):
            yield from rounds(rest, inner) if rest else [inner]


def bind_parts(target: ast.expr, item: object, scope: Scope) -> None:
    """Bind the names of a loop or a comprehension to one item."""
    if isinstance(target, ast.Name):
        scope.names[target.id] = item
    elif isinstance(target, ast.Tuple | ast.List):
        parts = items_of(item)
        if parts is None or len(parts) != len(target.elts):
            parts = [Unknown(code_of(target))] * len(target.elts)
        for inner, part in zip(target.elts, parts, strict=True):
            bind_parts(inner, part, scope)


def _unary(node: ast.UnaryOp, scope: Scope) -> Value | None:
    function = UNARY.get(type(node.op))
    return apply(function, evaluate(node.operand, scope)) if function else None


def _binary(node: ast.BinOp, scope: Scope) -> Value | None:
    function = BINARY.get(type(node.op))
    if function is None:
        return None
    return apply(function, evaluate(node.left, scope), evaluate(node.right, scope))


def _either(node: ast.BoolOp, scope: Scope) -> Value | None:
    values = [evaluate(value, scope) for value in node.values]
    if isinstance(node.op, ast.And):
        for value in values:
            if not isinstance(value, Known):
                return None
            if not value.value:
                return value
        return values[-1]
    *first, last = values
    for value in reversed(first):
        # os.environ.get("X") or "x"
        either = _or(value, last)
        if either is None:
            return None
        last = either
    return last


def _or(first: Value, second: Value) -> Value | None:
    if isinstance(first, Known):
        return first if first.value else second
    if not isinstance(first, FromEnvironment) or not isinstance(second, Known):
        return None
    if isinstance(first.otherwise, Known) and first.otherwise.value:
        return first
    return FromEnvironment(first.variable, first.given, second)


def _compare(node: ast.Compare, scope: Scope) -> Value | None:
    left = evaluate(node.left, scope)
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        right = evaluate(right_node, scope)
        verdict = apply(COMPARE[type(op)], left, right)
        if not isinstance(verdict, Known) or not verdict.value:
            return verdict if isinstance(verdict, Known) else None
        left = right
    return Known(True)


def _conditional(node: ast.IfExp, scope: Scope) -> Value | None:
    verdict = decide(node.test, scope)
    if verdict is None:
        return None
    return evaluate(node.body if verdict else node.orelse, scope)


def _joined(node: ast.JoinedStr, scope: Scope) -> Value | None:
    pieces = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            if part.conversion != -1 or part.format_spec is not None:
                return None
            part = part.value
        pieces.append(evaluate(part, scope))
    return apply(joined, *pieces)


def _subscript(node: ast.Subscript, scope: Scope) -> Value | None:
    if scope.canonical(node.value) == "os.environ":
        name = known(node.slice, scope)
        if not isinstance(name, str):
            return None
        return FromEnvironment(name, f"${name}", Unknown(""))
    owner = bound(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        return _slice(owner, node.slice, scope)
    key = known(node.slice, scope)
    if isinstance(owner, Holder):
        found = owner.member(key) if isinstance(key, str) else None
    else:
        found = item_of(owner, key)
    return found if isinstance(found, Known | FromEnvironment | Unknown) else None


def _slice(owner: object, node: ast.Slice, scope: Scope) -> Value | None:
    bounds = [
        known(part, scope, default="?") if part is not None else None
        for part in (node.lower, node.upper, node.step)
    ]
    if not isinstance(owner, Known) or "?" in bounds:
        return None
    if not isinstance(owner.value, str | list | tuple):
        return None
    return apply(lambda value: value[slice(*bounds)], owner)


def _call_node(node: ast.Call, scope: Scope) -> Value | None:
    if any(isinstance(arg, ast.Starred) for arg in node.args):
        return None
    path = scope.canonical(node.func)
    if path in ENVIRONMENT_READERS:
        return _environment(node, scope)
    if path == "dict":
        return _dict_call(node, scope)
    words = {word.arg: word.value for word in node.keywords}
    if words.keys() - OF_LISTS_WORDS.get(path, set()):
        return None
    # Once for each: what is evaluated twice on each level takes for ever.
    things = [bound(arg, scope) for arg in [*node.args, *words.values()]]
    if path in OF_LISTS and (found := OF_LISTS[path](things, code_of(node))):
        return found
    if isinstance(node.func, ast.Attribute) and node.func.attr in OF_DICTS:
        owner = bound(node.func.value, scope)
        return OF_DICTS[node.func.attr](owner, code_of(node))
    values = [_as_value(thing) for thing in things]
    if path in FUNCTIONS:
        return apply(FUNCTIONS[path], *values)
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        method = METHODS[node.func.attr]
        return apply(method, evaluate(node.func.value, scope), *values)
    return None


def _as_value(thing: object) -> Value:
    """An enum, or a dict with unknown values, as the list of what it iterates over."""
    if isinstance(thing, Known | FromEnvironment):
        return thing
    items = items_of(thing)
    return Unknown("") if items is None else sequence(items, "")


def _dict_call(node: ast.Call, scope: Scope) -> Value | None:
    pairs: dict[Any, object] = {}
    for arg in node.args:
        inner = table_of(bound(arg, scope))
        if inner is None:
            return None
        pairs |= inner
    for word in node.keywords:
        inner = (
            {word.arg: bound(word.value, scope)}
            if word.arg
            else table_of(bound(word.value, scope))
        )
        if inner is None:
            return None
        pairs |= inner
    return table(pairs, code_of(node))


def _environment(node: ast.Call, scope: Scope) -> Value | None:
    given = [*node.args, *(word.value for word in node.keywords)]
    name = known(given[0], scope) if given else None
    if not isinstance(name, str) or len(given) > 2:
        return None
    fallback = evaluate(given[1], scope) if len(given) == 2 else Known(None)
    if isinstance(fallback, FromEnvironment):
        return None
    return FromEnvironment(name, f"${name}", fallback)


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
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.JoinedStr: _joined,
    ast.Subscript: _subscript,
    ast.Call: _call_node,
}
