"""Functions, constants and operators that are as harmless as they are known.

A script is data: no expression of it may make this process compute for long.
"""

from __future__ import annotations

import ast
import operator
import os
import os.path
import platform
import re
import sys
import textwrap
from argparse import ONE_OR_MORE, OPTIONAL, PARSER, REMAINDER, SUPPRESS, ZERO_OR_MORE
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

MAX_ITEMS = 10_000
MAX_BITS = 256
MAX_TEXT = 100_000
# A width in a format would have Python make a text of that length.
WIDE_FORMAT = re.compile(r"\d{3}|\*")
FIELDS = re.compile(r"\{[^{}]*\}")


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


def _shift(left: Any, right: Any) -> Any:
    _refuse_large(left, right)
    if not 0 <= right <= MAX_BITS:
        raise ValueError
    return left << right


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        # "%999999999d" % 1 would fill the memory.
        if WIDE_FORMAT.search(left):
            raise ValueError
        _refuse_long(left, "%", right)
        return left % right
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


def _merge(left: Any, right: Any) -> Any:
    if not isinstance(left, dict) or not isinstance(right, dict):
        raise TypeError
    return left | right


def _range(*bounds: int) -> range:
    found = range(*bounds)
    # Of one that is longer than any list Python fails to tell how long it is.
    len(found)
    return found


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


def _text_method(name: str, longest: int = MAX_TEXT) -> Callable[..., Any]:
    """A method of str whose result is not much longer than what it is given."""

    def call(value: Any, *args: Any) -> Any:
        if not isinstance(value, str) or len(value) > longest:
            raise TypeError
        return getattr(value, name)(*args)

    return call


def _replace(value: Any, old: Any, new: Any) -> str:
    if not isinstance(value, str) or len(value) * (len(new) + 1) > MAX_TEXT:
        raise TypeError
    return value.replace(old, new)


def _join(separator: Any, values: Any) -> str:
    if not isinstance(separator, str) or len(values) * len(separator) > MAX_TEXT:
        raise TypeError
    texts = _list(values)
    if sum(map(len, texts)) > MAX_TEXT:
        raise ValueError
    return separator.join(texts)


def joined(*values: Any) -> str:
    """Return an f-string's text from its parts."""
    texts = [str(value) for value in values]
    if sum(map(len, texts)) > MAX_TEXT:
        raise ValueError
    return "".join(texts)


def _refuse_long(template: str, mark: str, *values: Any) -> None:
    """Refuse a template that could say long values again and again."""
    longest = max((len(str(value)) for value in values), default=0)
    if len(template) + template.count(mark) * longest > MAX_TEXT:
        raise ValueError


def _format(template: Any, *values: Any) -> str:
    if not isinstance(template, str):
        raise TypeError
    # Attributes and items of what is put in are not asked for, nor widths.
    if any(re.search(r"[.\[:!]", field) for field in FIELDS.findall(template)):
        raise ValueError
    _refuse_long(template, "{", *values)
    return template.format(*values)


CONSTANTS: dict[str | None, Any] = {
    "argparse.SUPPRESS": SUPPRESS,
    "argparse.OPTIONAL": OPTIONAL,
    "argparse.ZERO_OR_MORE": ZERO_OR_MORE,
    "argparse.ONE_OR_MORE": ONE_OR_MORE,
    "argparse.REMAINDER": REMAINDER,
    "argparse.PARSER": PARSER,
    # Scripts are run on the kind of machine, and by the Python, that reads them.
    "os.name": os.name,
    "os.sep": os.sep,
    "os.pathsep": os.pathsep,
    "os.linesep": os.linesep,
    "os.devnull": os.devnull,
    "sys.platform": sys.platform,
    "sys.maxsize": sys.maxsize,
    "sys.version_info": tuple(sys.version_info),
    "sys.version_info.major": sys.version_info.major,
    "sys.version_info.minor": sys.version_info.minor,
}

FUNCTIONS: dict[str | None, Callable[..., Any]] = {
    "range": _range,
    "list": _list,
    "tuple": lambda values=(): tuple(_list(values)),
    "set": _list,
    "frozenset": _list,
    "sorted": _sorted,
    "len": len,
    "str": str,
    "int": _int,
    "float": float,
    "bool": bool,
    "os.path.join": os.path.join,
    "textwrap.dedent": textwrap.dedent,
    "inspect.cleandoc": textwrap.dedent,
    "platform.system": platform.system,
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
    "pathlib.PosixPath": _path,
    "pathlib.PurePosixPath": _path,
}

METHODS: dict[str, Callable[..., Any]] = {
    "keys": _keys,
    "format": _format,
    "join": _join,
    "replace": _replace,
    **{
        name: _text_method(name)
        for name in (
            "split",
            "splitlines",
            "strip",
            "lstrip",
            "rstrip",
            "lower",
            "upper",
            "title",
            "capitalize",
            "startswith",
            "endswith",
        )
    },
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
    ast.LShift: _shift,
    ast.Div: _divide,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.BitOr: _merge,
}

COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, items: item in items,
    ast.NotIn: lambda item, items: item not in items,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
