"""The base of every API view."""

from __future__ import annotations

from typing import Any

from django.urls import re_path
from rest_framework.views import APIView


class HubView(APIView):
    """A view whose `access` table says what each method needs (see accounts)."""

    access: dict[str, Any] = {}


def route(pattern: str, view: Any, name: str) -> Any:
    """Return the route for `pattern`, with and without a trailing slash.

    No redirect between the two: a POST would lose its body.
    """
    return re_path(rf"^{pattern}/?$", view, name=name)
