"""Reading query strings: each value checked, each mistake named."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection

from django.utils.translation import gettext as _
from rest_framework.request import Request

from apps.core.api.bodies import shown_key
from apps.core.errors import InvalidInput

KEY_HEADER = "Idempotency-Key"
# Visible ASCII: what every client, proxy and database carries unchanged.
KEY = re.compile(r"[!-~]{1,128}")


def _invalid(name: str, sentence: str) -> InvalidInput:
    return InvalidInput(f"{name}: {sentence}", fields={name: [sentence]})


def check_known(request: Request, known: Collection[str]) -> None:
    """Raise InvalidInput for a query parameter that the route does not know.

    A filter that is misspelt and silently ignored shows everything as if it matched.
    """
    for name in request.query_params:
        if name not in known:
            raise _invalid(
                shown_key(name),
                _("Unknown query parameter; known here: %(known)s.")
                % {"known": ", ".join(sorted(known))},
            )


def text_param(request: Request, name: str) -> str | None:
    """Return the text of a parameter, or None; refuses NUL, which databases refuse."""
    value = request.query_params.get(name)
    if value is not None and "\0" in value:
        raise _invalid(name, _("It holds a NUL character; remove it."))
    return value


def choice_param(request: Request, name: str, choices: Collection[str]) -> list[str]:
    """Return the comma-separated values of a parameter, each one of `choices`."""
    value = text_param(request, name)
    values = [part for part in (value or "").split(",") if part]
    for part in values:
        if part not in choices:
            raise _invalid(
                name,
                _("%(value)r is not one of %(choices)s.")
                % {"value": part, "choices": ", ".join(choices)},
            )
    return values


def int_param(request: Request, name: str, *, minimum: int, maximum: int) -> int | None:
    """Return a whole number between two limits, or None when it is not given."""
    value = request.query_params.get(name)
    if value is None:
        return None
    # At most 18 digits: past that a database's integer overflows.
    if value.isascii() and value.isdigit() and len(value) <= 18:
        number = int(value)
        if minimum <= number <= maximum:
            return number
    raise _invalid(
        name,
        _("Write a whole number from %(minimum)d to %(maximum)d.")
        % {"minimum": minimum, "maximum": maximum},
    )


def key_header(request: Request) -> str | None:
    """Return the Idempotency-Key of a request, or None when it has none."""
    value: str | None = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if value is None or KEY.fullmatch(value):
        return value
    raise _invalid(
        KEY_HEADER, _("Write 1 to 128 visible ASCII characters, without spaces.")
    )


def parse_uuid(text: str) -> uuid.UUID | None:
    """Return the UUID that `text` writes in its usual form, or None."""
    try:
        return uuid.UUID(text) if len(text) in {32, 36} else None
    except ValueError:
        return None
