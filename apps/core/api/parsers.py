"""Reading request bodies: JSON only, bounded, and nothing that storage would refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from apps.core.json import InvalidJSON, load_json


class BodyTooLarge(APIException):
    """The request's body is over the limit."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class LimitedJSONParser(BaseParser):
    """JSON in UTF-8, at most API_BODY_LIMIT_BYTES (413 beyond it).

    What `load_json` does not let through is refused here with its sentence.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return load_json(self._read(stream))
        except InvalidJSON as exc:
            raise ParseError(str(exc)) from None

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
