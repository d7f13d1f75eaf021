"""Answers for what no view handled: JSON for programs, Django's pages for browsers."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from apps.core.api.exceptions import error_body


def _wants_page(request: HttpRequest) -> bool:
    return request.path.startswith("/admin") or (
        request.accepts("text/html")
        and ("text/html" in request.headers.get("Accept", ""))
    )


def _json(status: HTTPStatus, code: str, message: str) -> JsonResponse:
    # Chinese as it is, as in the answers of the API's own views.
    return JsonResponse(
        error_body(code, message),
        status=status,
        json_dumps_params={"ensure_ascii": False},
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, such as for a Host header that ALLOWED_HOSTS does not name."""
    if _wants_page(request):
        return defaults.bad_request(request, exception)
    message = _("The request cannot be read; its host, path or headers are wrong.")
    return _json(HTTPStatus.BAD_REQUEST, "bad_request", message)


def refuse(request: HttpRequest, message: str) -> HttpResponse:
    """400 for a request whose fault is known; `message` is a sentence about it."""
    if _wants_page(request):
        # Without the request: who sent it is not looked up.
        page = render_to_string("400.html", {"sentence": message})
        return HttpResponse(page, status=HTTPStatus.BAD_REQUEST)
    return _json(HTTPStatus.BAD_REQUEST, "bad_request", message)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 from outside the API's own views."""
    if _wants_page(request):
        return defaults.permission_denied(request, exception)
    return _json(HTTPStatus.FORBIDDEN, "permission_denied", _("This is not allowed."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for an address that no route knows."""
    if _wants_page(request):
        return defaults.page_not_found(request, exception)
    message = _("There is nothing at this address; /docs lists what there is.")
    return _json(HTTPStatus.NOT_FOUND, "not_found", message)


def not_allowed(answer: HttpResponseBase) -> HttpResponse:
    """A page in the place of an empty 405, for who opened the address of a button."""
    page = render_to_string("405.html")
    headers = {"Allow": answer.headers.get("Allow", "")}
    return HttpResponse(page, status=HTTPStatus.METHOD_NOT_ALLOWED, headers=headers)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our own fault, said without details."""
    if _wants_page(request):
        return defaults.server_error(request)
    message = _("The hub failed; its log says why.")
    return _json(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", message)
