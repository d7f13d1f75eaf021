"""Around the console's views: what they cannot look up, and what browsers may load."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from apps.core.api.fallbacks import not_allowed, refuse

logger = logging.getLogger(__name__)


class UnreadableMiddleware:
    """Answers 400 to the console's requests that cannot be read.

    These are NUL in an address, and ids and values that a view could not look up;
    Django's own pages would fail of both. Forms check their fields, and so do the API's
    views, and say which is wrong. Stands before the session's middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # A browser that is refused for its cookie could not even sign in again.
        if "\0" in request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""):
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return self._explained(request, response)
        return response

    def _explained(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Say more than nothing to who opens the address of a button."""
        is_read = request.method in {"GET", "HEAD"}
        if is_read and _is_console(request) and not getattr(response, "content", b""):
            return not_allowed(response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Refuse NUL, by now in the reader's language."""
        if _is_console(request) and _holds_nul(request):
            return refuse(request, _("Its address holds a NUL character; remove it."))
        return None

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponse | None:
        """Refuse what turned out not to be the kind of value that a column holds."""
        wrong = (ValidationError, DataError, OverflowError)
        if not _is_console(request) or not isinstance(exception, wrong):
            return None
        # Ours, if it is a mistake of a view: the log has where it comes from.
        logger.warning(
            "%s %r is refused", request.method, request.path, exc_info=exception
        )
        return refuse(
            request, _("It names something by an id or a value that there cannot be.")
        )


class ContentPolicyMiddleware:
    """Has browsers load and run nothing in the console but the hub's own files.

    No script or style stands in a page itself, so that one which a script's output or a
    name brings along does nothing. The API's documents need more and are left out.
    """

    POLICY = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _is_console(request):
            response.setdefault("Content-Security-Policy", self.POLICY)
        return response


def _is_console(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and "admin" in match.app_names


def _holds_nul(request: HttpRequest) -> bool:
    query = request.GET.lists()
    texts = (text for name, values in query for text in (name, *values))
    return "\0" in request.path or any("\0" in text for text in texts)
