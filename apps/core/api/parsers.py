"""Reading request bodies: JSON only, bounded, and nothing that storage would refuse."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class BodyTooLarge(APIException):
    """The request's body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class LimitedJSONParser(BaseParser):
    """JSON in UTF-8, at most API_BODY_LIMIT_BYTES (413 beyond it).

    NaN and Infinity, text with NUL or half a surrogate pair, and nesting too deep to
    parse are refused here with a sentence, since a database or an argument list would
    refuse them later without one.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        text = self._read(stream)
        try:
            data = json.loads(text, parse_constant=_refuse_constant)
        except RecursionError:
            raise ParseError(_("The JSON is nested too deeply.")) from None
        except ValueError as exc:
            raise ParseError(
                _("The body is not valid JSON: %(error)s.") % {"error": exc}
            ) from None
        _check_text(data)
        return data

    def _read(self, stream: Any) -> str:
        limit = settings.API_BODY_LIMIT_BYTES
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(
                _("The body is larger than %(limit)d KiB, the most that is accepted.")
                % {"limit": limit // 1024}
            )
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ParseError(_("The body is not UTF-8 text.")) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _check_text(data: Any) -> None:
    """Raise ParseError where any text, at any depth, cannot be stored or passed on."""
    todo = [data]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            _check_string(item)
        elif isinstance(item, float) and not math.isfinite(item):
            # What 1e999 becomes; no JSON could say it back.
            raise ParseError(_("The JSON holds a number that is too large."))
        elif isinstance(item, dict):
            todo += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            todo += item


def _check_string(text: str) -> None:
    if "\0" in text:
        raise ParseError(_("The JSON holds text with a NUL character; remove it."))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ParseError(
            _("The JSON holds text with half of a surrogate pair (\\ud800 to \\udfff).")
        ) from None
