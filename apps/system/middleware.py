"""What is done around every request: its id, health first, HEAD without a body."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from apps.core import context
from apps.system import health

# What a proxy may call a request: short, and harmless in a log and a header.
REQUEST_ID = re.compile("[A-Za-z0-9._:+/=-]{1,64}")
ID_BYTES = 8


class RequestIdMiddleware:
    """Gives each request an id, which the answer and the log's lines bear.

    A proxy's own (X-Request-ID) is taken over if it is short and plain. The id stays
    until this thread's next request, for what is logged while an answer is sent;
    gunicorn's configuration takes it back then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        number = request.META.get("HTTP_X_REQUEST_ID", "")
        if REQUEST_ID.fullmatch(number) is None:
            number = os.urandom(ID_BYTES).hex()
        context.request_id.set(number)
        response: HttpResponseBase = self.get_response(request)
        response.headers["X-Request-ID"] = number
        return response


class HeadMiddleware:
    """Empties answers to HEAD, which gunicorn would warn of, and keeps their length."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.get_response(request)
        if request.method != "HEAD":
            return response
        if isinstance(response, HttpResponse):
            response.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        elif isinstance(response, StreamingHttpResponse):
            # The source is closed with the response.
            response.streaming_content = iter(())
        return response


class LanguageMiddleware(LocaleMiddleware):
    """Speaks the language that cookie and Accept-Language ask for.

    Django's own also looks, three times a request, for languages in the address, where
    none of ours has one.
    """

    def process_request(self, request: HttpRequest) -> None:
        translation.activate(translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


class HealthMiddleware:
    """Answers /health, /health/live and /health/ready.

    Probes call by pod address, which ALLOWED_HOSTS does not name, and over plain HTTP.
    A browser (Accept: text/html) goes on to the API's own view of /health.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.answers = {
            "/health": _health,
            "/health/live": _live,
            "/health/ready": _ready,
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.answers.get(request.path.rstrip("/"))
        if answer is None or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        if answer is _health and "text/html" in request.headers.get("Accept", ""):
            return self.get_response(request)
        return answer()


def _health() -> JsonResponse:
    found = health.check_health()
    return JsonResponse(found.body(), status=found.http_status)


def _live() -> JsonResponse:
    """This process answers; no input or output."""
    return JsonResponse({"status": "ok"})


def _ready() -> JsonResponse:
    if problem := health.database_problem():
        return JsonResponse({"status": "down", "message": problem}, status=503)
    return JsonResponse({"status": "ok"})
