"""The one place that turns an error into an HTTP answer of the one error shape."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InternalError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from apps.core import errors

logger = logging.getLogger(__name__)

STATUS: dict[type, int] = {
    errors.InvalidInput: status.HTTP_400_BAD_REQUEST,
    errors.CredentialsNeeded: status.HTTP_401_UNAUTHORIZED,
    errors.Forbidden: status.HTTP_403_FORBIDDEN,
    errors.NotFound: status.HTTP_404_NOT_FOUND,
    errors.WrongState: status.HTTP_409_CONFLICT,
    errors.Contradiction: status.HTTP_422_UNPROCESSABLE_ENTITY,
    errors.TooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    errors.NoRoom: status.HTTP_507_INSUFFICIENT_STORAGE,
    errors.Unavailable: status.HTTP_503_SERVICE_UNAVAILABLE,
}
RETRY_AFTER_S = 5
# PostgreSQL's code for it, which its driver counts among its own faults.
READ_ONLY_TRANSACTION = "25006"


def error_body(
    code: str, message: str, fields: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """Return the shape of every error: `code`, `message` and, for input, `fields`."""
    body: dict[str, Any] = {"code": code, "message": message}
    if fields:
        body["fields"] = {name: list(lines) for name, lines in fields.items()}
    return body


def handle(exc: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None (and so a 500) only for what is our own fault."""
    if isinstance(exc, errors.HubError):
        return _hub_error(exc)
    if isinstance(exc, Http404):
        exc = exceptions.NotFound()
    if isinstance(exc, PermissionDenied):
        exc = exceptions.PermissionDenied()
    if isinstance(exc, OperationalError) or _is_read_only(exc):
        return _database_away(exc)
    if isinstance(exc, exceptions.APIException):
        return _api_error(exc)
    return None


def _hub_error(exc: errors.HubError) -> Response:
    code = next(
        STATUS[kind] for kind in type(exc).__mro__ if kind in STATUS
    )  # every HubError that reaches a view derives from one of STATUS
    response = Response(error_body(exc.code, exc.message, exc.fields), status=code)
    if code == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = "Bearer"
    if code == status.HTTP_503_SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _is_read_only(exc: Exception) -> bool:
    """Whether PostgreSQL takes no changes now, as while a standby takes over."""
    cause = exc.__cause__
    return isinstance(exc, InternalError) and (
        getattr(cause, "sqlstate", None) == READ_ONLY_TRANSACTION
    )


def _database_away(exc: Exception) -> Response:
    logger.error("The database did not answer: %s", exc)
    message = _("The database did not answer; nothing was changed. Try again shortly.")
    return Response(
        error_body("database_unavailable", message),
        status=status.HTTP_503_SERVICE_UNAVAILABLE,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )


def _api_error(exc: exceptions.APIException) -> Response:
    headers = {}
    if header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(int(wait))
    if isinstance(exc, exceptions.ValidationError):
        fields = dict(_flatten(exc.detail))
        message = next(iter(fields.values()))[0] if fields else _("Invalid input.")
        name = next(iter(fields), "")
        if name:
            message = f"{name}: {message}"
        body = error_body("invalid", message, {k: v for k, v in fields.items() if k})
    else:
        code = getattr(exc.detail, "code", exc.default_code)
        body = error_body(code, str(exc.detail))
    return Response(body, status=exc.status_code, headers=headers)


def _flatten(detail: Any, path: str = "") -> list[tuple[str, list[str]]]:
    """DRF's nested detail as ("parameters.limit", [sentences]) pairs."""
    if isinstance(detail, Mapping):
        pairs = []
        for name, inner in detail.items():
            skip = name == "non_field_errors"
            at = path if skip else f"{path}.{name}" if path else str(name)
            pairs += _flatten(inner, at)
        return pairs
    if isinstance(detail, list) and any(isinstance(d, (dict, list)) for d in detail):
        return [p for n, d in enumerate(detail) for p in _flatten(d, f"{path}.{n}")]
    lines = detail if isinstance(detail, list) else [detail]
    return [(path, [str(line) for line in lines])] if lines else []
