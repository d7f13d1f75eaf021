"""What values the annotation of a typer parameter takes."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from apps.scripts.reader.classes import EnumClass
from apps.scripts.reader.click_calls import Given, Settings
from apps.scripts.reader.click_types import (
    BOOLEAN,
    DATETIMES,
    INTEGER,
    NUMBER,
    TEXT,
    UUID,
    ParamType,
    chosen,
)
from apps.scripts.reader.click_walker import DeclarationWalker
from apps.scripts.reader.literals import known
from apps.scripts.reader.scopes import Member, Scope, Unknown

NAMED: dict[str | None, ParamType] = {
    "int": INTEGER,
    "float": NUMBER,
    "bool": BOOLEAN,
    "str": TEXT,
    "uuid.UUID": UUID,
    "datetime.datetime": ParamType(formats=DATETIMES),
}
CONTEXTS = {"typer.Context", "click.Context", "typer.CallbackParam"}
# Words that make a type of others; an alias of one is followed.
FORMS = {"Annotated", "Optional", "Union", "List", "Tuple", "Literal"}
LISTS = {"list", "typing.List"}
TUPLES = {"tuple", "typing.Tuple"}


@dataclass(frozen=True)
class Info:
    """What typer.Option(...) or typer.Argument(...) is given."""

    is_option: bool
    settings: Settings


@dataclass(frozen=True)
class Alias:
    """A type that the script has given a name."""

    node: ast.expr
    scope: Scope


@dataclass(frozen=True)
class Shape:
    """An annotation: the type of one value, and how many of them."""

    kind: ParamType
    is_list: bool = False
    is_context: bool = False
    info: Info | None = None


def typing_path(path: str | None) -> str | None:
    """Return a dotted name with typing's other names gone."""
    if path is not None and path.startswith("typing_extensions."):
        return path.replace("typing_extensions.", "typing.", 1)
    return path


def is_form(path: str | None) -> bool:
    """Whether a subscript of something is a type made of others."""
    path = typing_path(path)
    if path in LISTS | TUPLES:
        return True
    return bool(path) and str(path).removeprefix("typing.") in FORMS


def shape_of(walker: DeclarationWalker, node: ast.expr, scope: Scope) -> Shape:
    """Return what an annotation says."""
    match node:
        case ast.Constant(value=str(text)):
            return _quoted(walker, text, scope)
        case ast.BinOp(op=ast.BitOr()):
            return _union(walker, [node.left, node.right], scope)
        case ast.Subscript():
            return _subscripted(walker, node, scope)
    bound = scope.lookup(node.id) if isinstance(node, ast.Name) else None
    if isinstance(bound, Alias):
        return shape_of(walker, bound.node, bound.scope)
    if isinstance(bound, EnumClass):
        return Shape(_of_members(bound))
    path = typing_path(walker.path(node, scope))
    if path in CONTEXTS:
        return Shape(TEXT, is_context=True)
    if path in NAMED:
        return Shape(NAMED[path])
    if path in LISTS:
        return Shape(TEXT, is_list=True)
    named = isinstance(node, ast.Name | ast.Attribute)
    unread = "type" if isinstance(bound, Unknown) or not named else ""
    return Shape(replace(TEXT, unread=unread))


def _quoted(walker: DeclarationWalker, text: str, scope: Scope) -> Shape:
    try:
        return shape_of(walker, ast.parse(text, mode="eval").body, scope)
    except (SyntaxError, ValueError, RecursionError):
        return Shape(replace(TEXT, unread="type"))


def _union(walker: DeclarationWalker, nodes: list[ast.expr], scope: Scope) -> Shape:
    kept = [node for node in nodes if not _is_none(node)]
    if len(kept) != 1:
        return Shape(replace(TEXT, unread="type"))
    return shape_of(walker, kept[0], scope)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _subscripted(walker: DeclarationWalker, node: ast.Subscript, scope: Scope) -> Shape:
    path = typing_path(walker.path(node.value, scope))
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    match path:
        case "typing.Annotated":
            return _annotated(walker, parts, scope)
        case "typing.Optional" | "typing.Union":
            return _union(walker, parts, scope)
        case "typing.Literal":
            return Shape(chosen([known(part, scope, default=...) for part in parts]))
        case _ if path in LISTS:
            return replace(shape_of(walker, parts[0], scope), is_list=True)
        case _ if path in TUPLES:
            kinds = tuple(shape_of(walker, part, scope).kind for part in parts)
            return Shape(ParamType(parts=kinds))
    return Shape(TEXT)


def _annotated(walker: DeclarationWalker, parts: list[ast.expr], scope: Scope) -> Shape:
    shape = shape_of(walker, parts[0], scope)
    for part in parts[1:]:
        walker.visit(part, scope)
        found = walker.given(part, scope).value
        if isinstance(found, Info):
            return replace(shape, info=found)
    return shape


def _of_members(enumeration: EnumClass) -> ParamType:
    return chosen(list(enumeration.values))


def guessed_shape(kind: ParamType, default: Given | None) -> Shape:
    """Return the shape of a parameter without an annotation, from its default."""
    known_default = default.known if default is not None else None
    if isinstance(known_default, Member):
        return Shape(TEXT)
    if isinstance(known_default, tuple) and known_default:
        return Shape(
            kind if kind.parts else ParamType(parts=(kind,) * len(known_default))
        )
    return Shape(kind)
