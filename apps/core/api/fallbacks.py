"""Answers for what no view handled: JSON for programs, Django's pages for browsers."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import (
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from apps.core import context
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
    """400, such as for a Host header that ALLOWED_HOSTS does not name; 413 for a form
    that holds more than is taken."""
    if limit := _passed_limit(exception):
        return _too_large(request, limit)
    if _wants_page(request):
        return defaults.bad_request(request, exception)
    message = _("The request cannot be read; its host, path or headers are wrong.")
    return _json(HTTPStatus.BAD_REQUEST, "bad_request", message)


def _passed_limit(exception: Exception) -> str:
    """Return what a form holds at most, where it holds more; "" otherwise."""
    if isinstance(exception, RequestDataTooBig):
        most = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return _("A form may hold %(most)s of text.") % {"most": most}
    if isinstance(exception, TooManyFieldsSent):
        fields = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return _("A form may hold %(most)s values.") % {"most": fields}
    if isinstance(exception, TooManyFilesSent):
        files = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return _("A form may hold %(most)s files.") % {"most": files}
    return ""


def _too_large(request: HttpRequest, limit: str) -> HttpResponse:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if _wants_page(request):
        return HttpResponse(
            render_to_string("413.html", {"limit": limit}), status=status
        )
    return _json(status, "too_large", limit)


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
        # Neither the database nor a context processor has a part in it.
        page = render_to_string("500.html", {"number": context.request_id.get()})
        return HttpResponse(page, status=HTTPStatus.INTERNAL_SERVER_ERROR)
    message = _("The hub failed; its log says why.")
    return _json(HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", message)
