"""Reading JSON bodies: each value checked for its type, each mistake named."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput

# Turns the value of a key into what it is kept as; raises Wrong.
Reader = Callable[[Any], Any]

# What every column of whole numbers holds, on every database.
MAX_INTEGER = 2**31 - 1
# How much of a key that nobody knows an answer repeats.
MAX_SHOWN = 100


class Wrong(ValueError):
    """A value is not what its key takes; the message is the sentence."""


def read_object(
    data: Any, readers: Mapping[str, Reader], *, required: Collection[str] = ()
) -> dict[str, Any]:
    """Return the values that a JSON object gives for keys that are known.

    Raises InvalidInput with a sentence for each key that is unknown, missing or of the
    wrong type, or for what is no object.
    """
    if not isinstance(data, dict):
        raise InvalidInput(_("Send a JSON object."))
    values: dict[str, Any] = {}
    problems = {name: [_("It must be given.")] for name in required if name not in data}
    for name, value in data.items():
        try:
            values[name] = _reader(readers, name)(value)
        except Wrong as exc:
            problems[shown_key(name)] = [str(exc)]
    refuse(problems)
    return values


def shown_key(name: str) -> str:
    """Return the name of a key as an answer repeats it: not for as long as it came."""
    return name if len(name) <= MAX_SHOWN else f"{name[: MAX_SHOWN - 1]}…"


def refuse(problems: Mapping[str, list[str]]) -> None:
    """Raise InvalidInput where there are problems; the first is its message."""
    for name, lines in problems.items():
        raise InvalidInput(f"{name}: {lines[0]}", fields=problems)


def _reader(readers: Mapping[str, Reader], name: str) -> Reader:
    if not readers:
        raise Wrong(_("Unknown key; none is known here."))
    if name not in readers:
        raise Wrong(
            _("Unknown key; known here: %(known)s.")
            % {"known": ", ".join(sorted(readers))}
        )
    return readers[name]


def text(value: Any) -> str:
    """Return text without the spaces around it."""
    if not isinstance(value, str):
        raise Wrong(_("It must be text."))
    return value.strip()


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(_("Write true or false, without quotes."))
    return value


def integer(value: Any) -> int:
    """Return a whole number that databases can keep; 5.0 is one, true is not."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Wrong(_("Write a whole number, without quotes."))
    if abs(value) > MAX_INTEGER:
        raise Wrong(
            _("Write a whole number from %(minimum)d to %(maximum)d.")
            % {"minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}
        )
    return value


def number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Wrong(_("Write a number, without quotes."))
    try:
        return float(value)
    except OverflowError:
        raise Wrong(_("The number is too large.")) from None


def mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(_("It must be an object of names and values."))
    return value


def anything(value: Any) -> Any:
    """Leave it to whoever knows more about it."""
    return value


def optional(reader: Reader) -> Reader:
    """Take null as well, which stays None."""
    return lambda value: None if value is None else reader(value)


def emptied(reader: Reader) -> Reader:
    """Take null as well, for an empty text."""
    return lambda value: "" if value is None else reader(value)
