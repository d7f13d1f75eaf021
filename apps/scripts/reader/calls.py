"""Calls whose arguments are put together elsewhere: `*names`, `**options`."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from apps.scripts.reader.literals import bound
from apps.scripts.reader.scopes import Imported, Known, Scope, Unknown
from apps.scripts.reader.sequences import items_of, sequence, table, table_of


def expanded(node: ast.Call, scope: Scope) -> tuple[ast.Call, Scope]:
    """Return a call with its lists and dicts of arguments written out.

    What stands for them is bound in a scope of the call's own. A list or a dict that
    is not known stays as it is.
    """
    starred = any(isinstance(arg, ast.Starred) for arg in node.args)
    if not starred and all(word.arg for word in node.keywords):
        return node, scope
    inner = Scope(scope, scope.conditions)
    args: list[ast.expr] = []
    for arg in node.args:
        items = (
            items_of(bound(arg.value, scope)) if isinstance(arg, ast.Starred) else None
        )
        args += [arg] if items is None else [_stand_in(item, inner) for item in items]
    words: list[ast.keyword] = []
    for word in node.keywords:
        pairs = table_of(bound(word.value, scope)) if word.arg is None else None
        if pairs is None:
            words.append(word)
            continue
        for name, item in pairs.items():
            # Python refuses a keyword that is given twice.
            words.append(ast.keyword(arg=str(name), value=_stand_in(item, inner)))
    return ast.copy_location(ast.Call(node.func, args, words), node), inner


def _stand_in(item: object, scope: Scope) -> ast.expr:
    """An expression that is worth what has been found already."""
    if isinstance(item, Known) and isinstance(item.value, str | int | float | None):
        return ast.Constant(item.value)
    name = _shown(item)
    while name in scope.names and scope.names[name] is not item:
        name += "_"
    scope.names[name] = item
    return ast.Name(id=name, ctx=ast.Load())


def _shown(item: object) -> str:
    match item:
        case Unknown():
            return item.code
        case Imported():
            return item.path
        case Known():
            return repr(item.value)[:60]
    return "value"


def bind_call(
    spec: ast.arguments,
    call: ast.Call,
    outer: Scope,
    found: Mapping[ast.expr, object | None],
    first: object | None,
) -> dict[str, object]:
    """Return what the parameters of a function are bound to by a call.

    `found` are the objects that parts of the call were seen to be, `first` is the
    instance on which a method is called.
    """
    call, scope = expanded(call, outer)
    bindings: dict[str, object] = {}
    names = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
    given: list[object] = [] if first is None else [first]
    for node in call.args:
        if isinstance(node, ast.Starred):
            break
        given.append(found.get(node) or bound(node, scope))
    else:
        if spec.vararg is not None:
            bindings[spec.vararg.arg] = sequence(given[len(names) :], "", tuple)
    bindings |= zip(names, given, strict=False)
    keywords = {*names, *(arg.arg for arg in spec.kwonlyargs)}
    rest: dict[str, object] = {}
    for word in call.keywords:
        if word.arg is None:
            continue
        value = found.get(word.value) or bound(word.value, scope)
        (bindings if word.arg in keywords else rest)[word.arg] = value
    if spec.kwarg is not None and all(word.arg for word in call.keywords):
        bindings[spec.kwarg.arg] = table(rest, "")
    return bindings


def defaults_of(spec: ast.arguments, scope: Scope) -> dict[str, object]:
    """Return the defaults of a function's parameters."""
    names = [arg.arg for arg in [*spec.posonlyargs, *spec.args]]
    with_default = names[len(names) - len(spec.defaults) :]
    bindings: dict[str, object] = {
        name: bound(node, scope)
        for name, node in zip(with_default, spec.defaults, strict=True)
    }
    for arg, node in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if node is not None:
            bindings[arg.arg] = bound(node, scope)
    return bindings
