"""The base of every API view."""

from __future__ import annotations

from typing import Any

from django.urls import re_path
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

# What is read of a body that is refused: enough for a client that sends all of it
# before it looks for the answer.
DRAIN_BYTES = 8 * 2**20
BLOCK_BYTES = 64 * 1024


class LengthRequired(APIException):
    """The request has a body, and does not say how long it is."""

    status_code = status.HTTP_411_LENGTH_REQUIRED
    default_code = "length_required"


class HubView(APIView):
    """A view whose `access` table says what each method needs (see accounts)."""

    access: dict[str, Any] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body without a length, which would be read as an empty one."""
        sent = request.META
        if sent.get("HTTP_TRANSFER_ENCODING") and not sent.get("CONTENT_LENGTH"):
            _drain(sent)
            raise LengthRequired(
                _("Send the body with its Content-Length, not in chunks.")
            )
        super().initial(request, *args, **kwargs)


def _drain(environ: dict[str, Any]) -> None:
    """Read and drop the body, where the server says that reading it ends."""
    if not environ.get("wsgi.input_terminated"):
        return
    left = DRAIN_BYTES
    try:
        while left > 0 and (block := environ["wsgi.input"].read(BLOCK_BYTES)):
            left -= len(block)
    except Exception:  # noqa: BLE001 - servers have errors of their own for bad chunks
        # The body is refused anyway, whatever is wrong with it.
        return


def route(pattern: str, view: Any, name: str) -> Any:
    """Return the route for `pattern`, with and without a trailing slash.

    No redirect between the two: a POST would lose its body.
    """
    return re_path(rf"^{pattern}/?$", view, name=name)
