"""Reading JSON that people send: nothing gets through that storage would refuse."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from django.utils.translation import gettext as _

# Far beyond what parameters need, and far below what the encoders of Python and of
# the databases manage.
MAX_DEPTH = 100


class InvalidJSON(ValueError):
    """The text cannot be read, or not be kept; the message says why to its sender."""


def load_json(text: str) -> Any:
    """Return what `text` says; called for request bodies and for forms.

    Raises InvalidJSON for anything that is no JSON (NaN and Infinity too), for text
    with NUL or half a surrogate pair, for numbers too large to be written down again,
    and for nesting deeper than MAX_DEPTH, since a database or an argument list would
    refuse them later without a sentence.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except InvalidJSON:
        raise
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as exc:
        raise _no_json(str(exc)) from None
    except ValueError:
        # Python turns at most some thousand digits into an integer.
        raise _too_large() from None
    _check(data)
    return data


def _no_json(error: str) -> InvalidJSON:
    return InvalidJSON(_("This is not valid JSON: %(error)s.") % {"error": error})


def _too_deep() -> InvalidJSON:
    return InvalidJSON(_("The JSON is nested too deeply."))


def _too_large() -> InvalidJSON:
    return InvalidJSON(_("The JSON holds a number that is too large."))


def _refuse_constant(name: str) -> NoReturn:
    raise _no_json(f"{name} is not a JSON number")


def _check(data: Any) -> None:
    todo = [(data, 0)]
    while todo:
        item, depth = todo.pop()
        if depth > MAX_DEPTH:
            raise _too_deep()
        if isinstance(item, str):
            _check_string(item)
        elif isinstance(item, float) and not math.isfinite(item):
            # What 1e999 becomes; no JSON could say it back.
            raise _too_large()
        elif isinstance(item, dict):
            todo += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list):
            todo += [(part, depth + 1) for part in item]


def _check_string(text: str) -> None:
    if "\0" in text:
        raise InvalidJSON(_("The JSON holds text with a NUL character; remove it."))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidJSON(
            _("The JSON holds text with half of a surrogate pair (\\ud800 to \\udfff).")
        ) from None
