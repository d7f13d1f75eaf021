"""Calling a harmless function with values, some of which may not be known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.scripts.reader.scopes import FromEnvironment, Known, Unknown, Value


def apply(function: Callable[..., Any], *values: Value) -> Value | None:
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
