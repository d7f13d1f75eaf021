"""What the `type` of an argument takes, as far as its code tells."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from apps.scripts.reader.literals import bound, known
from apps.scripts.reader.scopes import Function, Imported, Member, Scope, Unknown
from apps.scripts.reader.sequences import Members

TYPES = {"int": "integer", "float": "number", "str": "string", "bool": "boolean"}
# Methods after which a text says the same as before.
NORMALISING = {"lower", "casefold", "strip"}


@dataclass(frozen=True)
class TypeRead:
    """A type in JSON Schema's words.

    `is_open` where any text is as good as another; `words` are the texts for false and
    for true; `choices` are the only texts that an enum takes.
    """

    name: str
    is_open: bool = False
    words: tuple[str, str] | None = None
    choices: tuple[object, ...] | None = None
    by_name: bool = False

    def plain(self, value: Any) -> Any:
        """Return what a person types for the member of an enum."""
        if isinstance(value, Member):
            return value.name if self.by_name else value.value
        return value


def read_type(node: ast.expr, thing: object, scope: Scope) -> TypeRead | None:
    """Return what is known of a type; None where not even that it is a callable."""
    if isinstance(thing, Imported):
        path = thing.path
        if path in TYPES:
            return TypeRead(TYPES[path], is_open=path == "str")
        return TypeRead("string", is_open=True)
    if isinstance(thing, Members):
        values = tuple(member.value.value for member in thing.listed())
        texts = all(isinstance(value, str) for value in values)
        return TypeRead("string", choices=values if texts else None)
    if isinstance(thing, Function):
        return _of_function(thing)
    if isinstance(node, ast.Lambda):
        return _of_lambda(node, scope)
    if isinstance(node, ast.Attribute) and node.attr == "__getitem__":
        owner = bound(node.value, scope)
        return TypeRead("string", is_open=True, by_name=isinstance(owner, Members))
    is_callable = isinstance(node, ast.Call | ast.Attribute | ast.Name)
    if not is_callable or (isinstance(thing, Unknown) and isinstance(node, ast.Name)):
        return None
    return TypeRead("string", is_open=True)


def _of_lambda(node: ast.Lambda, scope: Scope) -> TypeRead:
    names = [arg.arg for arg in node.args.args]
    if len(names) != 1:
        return TypeRead("string", is_open=True)
    name, inner = names[0], _inner(scope, names)
    if json_type := _converts(node.body, name, inner):
        return TypeRead(json_type)
    if words := _truth(node.body, name, inner):
        return TypeRead("boolean", words=("false", words[0]))
    # lambda name: Color[name]
    match node.body:
        case ast.Subscript(value=owner, slice=ast.Name(id=key)) if key == name:
            by_name = isinstance(bound(owner, inner), Members)
            return TypeRead("string", is_open=True, by_name=by_name)
    return TypeRead("string", is_open=True)


def _inner(scope: Scope, names: list[str]) -> Scope:
    inner = Scope(scope, scope.conditions)
    inner.names |= {name: Unknown(name) for name in names}
    return inner


def _of_function(function: Function) -> TypeRead:
    """The type that a function says it returns, or that its code shows."""
    returns = function.node.returns
    if isinstance(returns, ast.Constant):
        name = returns.value
    else:
        name = function.scope.canonical(returns) if returns is not None else None
    if name in ("int", "float"):
        return TypeRead(TYPES[str(name)])
    arguments = function.node.args
    names = [arg.arg for arg in [*arguments.posonlyargs, *arguments.args]]
    if not names:
        return TypeRead("string", is_open=True)
    inner = _inner(function.scope, [arg.arg for arg in _all_arguments(function)])
    if json_type := _returns_number(function, names[0], inner):
        return TypeRead(json_type)
    if words := _Truths(names[0], inner).read(function.node.body):
        return TypeRead("boolean", words=words)
    return TypeRead("string", is_open=True)


def _all_arguments(function: Function) -> list[ast.arg]:
    return [arg for arg in ast.walk(function.node.args) if isinstance(arg, ast.arg)]


def _converts(node: ast.expr, name: str, scope: Scope) -> str | None:
    """The number that `int(name)` or `float(name)` makes of a decimal text."""
    match node:
        case ast.Call(func=ast.Name() as func, args=[ast.Name(id=given)], keywords=[]):
            path = scope.canonical(func)
            if given == name and path in ("int", "float"):
                return TYPES[str(path)]
    return None


def _returns_number(function: Function, name: str, scope: Scope) -> str | None:
    """Whether all that a function returns is its text as a number, if anything."""
    stored: dict[str, list[ast.expr]] = {}
    returned: list[ast.expr | None] = []
    for node in ast.walk(function.node):
        match node:
            case ast.Return():
                returned.append(node.value)
            case ast.Assign(targets=[ast.Name(id=target)]):
                stored.setdefault(target, []).append(node.value)
            case ast.Name(id=target, ctx=ast.Store()):
                stored.setdefault(target, [])
    if name in stored:
        return None
    types = set()
    for value in returned:
        if value is None:
            return None
        source = stored.get(value.id, []) if isinstance(value, ast.Name) else [value]
        if len(source) != 1:
            return None
        types.add(_converts(source[0], name, scope))
    stores = [n for n in ast.walk(function.node) if isinstance(n, ast.Name)]
    names = [n.id for n in stores if isinstance(n.ctx, ast.Store)]
    once = len(names) == len(set(names))
    return types.pop() if len(types) == 1 and once else None


def _truth(node: ast.expr, name: str, scope: Scope) -> list[str] | None:
    """The texts for which `name.lower() in ("yes", "true")` holds, lower case first."""
    match node:
        case ast.Compare(left=left, ops=[ast.In()], comparators=[right]):
            texts = known(right, scope)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            texts = [known(right, scope)]
        case _:
            return None
    if not _is_text(left, name) or not isinstance(texts, list | tuple) or not texts:
        return None
    if not all(isinstance(text, str) for text in texts):
        return None
    return sorted(texts, key=lambda text: text.lower() not in ("true", "false"))


def _is_text(node: ast.expr, name: str) -> bool:
    """Whether an expression is the text itself, but for case and spaces."""
    while True:
        match node:
            case ast.Call(func=ast.Attribute(value=inner, attr=method), args=[]):
                if method not in NORMALISING:
                    return False
                node = inner
            case ast.Call(func=ast.Name(id="str"), args=[inner]):
                node = inner
            case _:
                return isinstance(node, ast.Name) and node.id == name


class _Truths:
    """Reads functions such as `str2bool`: some texts are true, others false."""

    def __init__(self, name: str, scope: Scope) -> None:
        self.name = name
        self.scope = scope
        self.texts: dict[bool, list[str]] = {}
        # Whether texts that are not named are true, false or refused.
        self.rest: bool | None = None

    def read(self, body: list[ast.stmt]) -> tuple[str, str] | None:
        """Return the texts for false and for true; None for any other function."""
        if not self._walk(body) or True not in self.texts:
            return None
        false = self.texts.get(False) or (["false"] if self.rest is False else [])
        if not false or false[0] in self.texts[True]:
            return None
        return false[0], self.texts[True][0]

    def _walk(self, body: list[ast.stmt]) -> bool:
        return all(self._step(node) for node in body)

    def _step(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Raise():
                return True
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                return target == self.name and _is_text(value, self.name)
            case ast.Return(value=ast.Constant(value=bool() as rest)):
                self.rest = rest
                return True
            case ast.Return(value=ast.expr() as test):
                texts = _truth(test, self.name, self.scope)
                self.texts.setdefault(True, texts or [])
                self.rest = False
                return bool(texts)
            case ast.If():
                return self._branch(node)
        return False

    def _branch(self, node: ast.If) -> bool:
        match node.test:
            case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(), *_]):
                # A default that has been the right thing all along.
                return self._walk(node.orelse)
        texts = _truth(node.test, self.name, self.scope)
        match node.body:
            case [ast.Return(value=ast.Constant(value=bool() as verdict))]:
                if texts and verdict not in self.texts:
                    self.texts[verdict] = texts
                    return self._walk(node.orelse)
        return False
