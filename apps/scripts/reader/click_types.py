"""What values a click parameter takes: its `type`, or what its default tells."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from apps.scripts.reader.classes import ScriptClass
from apps.scripts.reader.click_calls import Given, Settings
from apps.scripts.reader.click_walker import DeclarationWalker, choices_of, path_of
from apps.scripts.reader.scopes import (
    FromEnvironment,
    Function,
    Imported,
    Known,
    Member,
    Unknown,
)
from apps.scripts.reader.sequences import items_of


@dataclass(frozen=True)
class ParamType:
    """The values of a parameter, in JSON Schema's words."""

    json: str = "string"
    choices: tuple[object, ...] | None = None
    limits: Mapping[str, object] = field(default_factory=dict)
    # Whether any text is as good as another.
    is_open: bool = False
    # Of a tuple: the type of each of its items.
    parts: tuple[ParamType, ...] = ()
    # What cannot be read of it: "type" or "choices".
    unread: str = ""
    # Whether choices are the names of an enumeration's members.
    by_name: bool = False
    formats: tuple[str, ...] = ()

    @property
    def schema(self) -> dict[str, object]:
        """The schema of one value."""
        schema: dict[str, object] = {"type": self.json, **self.limits}
        if self.choices:
            schema["enum"] = list(self.choices)
        return schema


TEXT = ParamType(is_open=True)
INTEGER = ParamType("integer")
NUMBER = ParamType("number")
BOOLEAN = ParamType("boolean")
UUID = ParamType(limits={"format": "uuid"})

NAMED: dict[str | None, ParamType] = {
    "int": INTEGER,
    "float": NUMBER,
    "bool": BOOLEAN,
    "str": TEXT,
    "click.INT": INTEGER,
    "click.FLOAT": NUMBER,
    "click.BOOL": BOOLEAN,
    "click.STRING": TEXT,
    "click.UNPROCESSED": TEXT,
    "click.UUID": UUID,
}
RANGES = {"click.IntRange": "integer", "click.FloatRange": "number"}
MAKERS = {
    *RANGES,
    "click.Choice",
    "click.Path",
    "click.File",
    "click.DateTime",
    "click.Tuple",
}
BASES = {
    "click.IntParamType": INTEGER,
    "click.FloatParamType": NUMBER,
    "click.BoolParamType": BOOLEAN,
}
DATE = "%Y-%m-%d"
DATETIMES = (DATE, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S")


def made_type(
    walker: DeclarationWalker, path: str | None, settings: Settings
) -> ParamType:
    """Return what a call of one of click's types gives."""
    match path:
        case "click.Choice":
            return _choice(settings)
        case "click.IntRange" | "click.FloatRange":
            words = settings.named("min", "max", "min_open", "max_open", "clamp")
            return ranged(RANGES[path], words)
        case "click.DateTime":
            formats = settings.named("formats").get("formats")
            return dated(formats.known if formats is not None else DATETIMES)
        case "click.Tuple":
            (types,) = settings.args[:1] or (None,)
            return type_of(walker, types) or TEXT if types else TEXT
        case _:
            return TEXT


def _choice(settings: Settings) -> ParamType:
    given = settings.named("choices").get("choices")
    items = choices_of(given) if given is not None else None
    if items is None:
        return ParamType(unread="choices")
    members = all(isinstance(item, Member) for item in items)
    return chosen([i.name if isinstance(i, Member) else i for i in items], members)


def chosen(items: list[object], by_name: bool = False) -> ParamType:
    """Return the type of values that are among some; click compares them as texts."""
    if items and all(type(item) is int for item in items):
        return ParamType("integer", tuple(items))
    if any(item is ... or item is None for item in items):
        return ParamType(unread="choices")
    return ParamType(choices=tuple(str(item) for item in items), by_name=by_name)


def ranged(json: str, words: Mapping[str, Given]) -> ParamType:
    """Return the type of a number between bounds."""
    clamp = words.get("clamp")
    limits: dict[str, object] = {}
    for word, closed, opened, step in (
        ("min", "minimum", "exclusiveMinimum", 1),
        ("max", "maximum", "exclusiveMaximum", -1),
    ):
        given = words.get(word)
        if given is None or (given.is_known and given.known is None):
            continue
        bound = given.known
        if not isinstance(bound, int | float) or isinstance(bound, bool):
            return ParamType(json, unread="limits")
        is_open = f"{word}_open" in words and bool(words[f"{word}_open"].known)
        if is_open and json == "integer" and isinstance(bound, int):
            limits[closed] = bound + step
        else:
            limits[opened if is_open else closed] = bound
    # A value out of range is not refused then, but moved to its end.
    clamps = clamp is not None and bool(clamp.known)
    return ParamType(json, limits={} if clamps else limits)


def dated(formats: Any) -> ParamType:
    """Return the type of a point in time, written in one of some formats."""
    if not isinstance(formats, list | tuple):
        return TEXT
    limits = {"format": "date"} if list(formats) == [DATE] else {}
    return ParamType(limits=limits, formats=tuple(str(one) for one in formats))


def type_of(walker: DeclarationWalker, given: Given | None) -> ParamType | None:
    """Return what is given as a parameter's type; None for None."""
    if given is None or (given.is_known and given.known is None):
        return None
    if isinstance(given.value, ParamType):
        return given.value
    if isinstance(given.node, ast.Tuple | ast.List):
        items = items_of(given.value) or []
        parts = [Given(item, given.node, given.scope) for item in items]
        return ParamType(parts=tuple(_part(walker, part) for part in parts))
    return _single(walker, given)


def _part(walker: DeclarationWalker, given: Given) -> ParamType:
    if isinstance(given.value, ParamType):
        return given.value
    return _single(walker, given)


def _single(walker: DeclarationWalker, given: Given) -> ParamType:
    path = path_of(given)
    if path in NAMED:
        return NAMED[path]
    if isinstance(given.value, Function):
        return _returned(walker, given.value)
    if isinstance(given.value, ScriptClass):
        # A class is called with the text; only what is made of it has click's ways.
        return TEXT
    if isinstance(given.value, Unknown) and not _is_made(given.node):
        return replace(TEXT, unread="type")
    return TEXT


def class_type(base: str | None) -> ParamType:
    """Return the type that a class of the script, derived from click's, stands for."""
    if base in RANGES:
        return ParamType(RANGES[base])
    return BASES.get(str(base), TEXT)


def _is_made(node: ast.expr) -> bool:
    # What a function makes, or a lambda, takes some text or other.
    return isinstance(node, ast.Lambda | ast.Call)


def _returned(walker: DeclarationWalker, function: Function) -> ParamType:
    """The type that a function of the script says it returns."""
    returns = function.node.returns
    if returns is None:
        return TEXT
    path = walker.path(returns, function.scope)
    if isinstance(returns, ast.Constant):
        path = str(returns.value)
    # `-> bool` tells nothing of the texts that the function takes for true.
    return NAMED[path] if path in ("int", "float") else TEXT


def guessed(value: object) -> ParamType:
    """Return the type that click takes from a default, or a flag's value."""
    match value:
        case FromEnvironment():
            return guessed(value.otherwise)
        case Known():
            return _guessed_from(value.value)
        case Unknown() | Imported():
            return replace(TEXT, unread="type")
    # A function, a class: click asks it for the default when that is needed.
    return TEXT


def _guessed_from(default: Any) -> ParamType:
    if isinstance(default, list | tuple):
        if not default:
            return TEXT
        if isinstance(default[0], list | tuple):
            return ParamType(parts=tuple(_guessed_from(item) for item in default[0]))
        return _guessed_from(default[0])
    for kind, found in ((bool, BOOLEAN), (int, INTEGER), (float, NUMBER)):
        if isinstance(default, kind):
            return found
    return TEXT


def as_default(value: Any, kind: ParamType) -> Any:
    """Return a default as the script gets it, in JSON's types; None if it has none."""
    if isinstance(value, list | tuple):
        parts = kind.parts or (kind,) * len(value)
        pairs = zip(value, parts, strict=False)
        return [as_default(item, part) for item, part in pairs]
    if isinstance(value, Member):
        value = value.name if kind.by_name else value.value
        return value if isinstance(value, str | int | float) else None
    if kind.json == "boolean" and isinstance(value, str):
        word = value.strip().lower()
        return {"1": True, "0": False}.get(
            word, word in ("true", "yes", "on", "t", "y")
        )
    if kind.json == "string" and isinstance(value, int | float | PurePath):
        return str(value)
    if kind.json == "integer" and isinstance(value, float | bool):
        return int(value)
    return value
