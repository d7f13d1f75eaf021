"""How answers look in a browser and as plain text."""

from __future__ import annotations

from typing import Any

from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer


class BrowsableRenderer(BrowsableAPIRenderer):
    """DRF's browsable page with the raw JSON input only.

    HTML forms would list every row of a related table and convert what was typed by
    other rules than the API's own.
    """

    def show_form_for_method(
        self, view: Any, method: str, request: Any, obj: Any
    ) -> bool:
        return method in {"POST", "PUT", "PATCH"} and super().show_form_for_method(
            view, method, request, obj
        )

    def get_rendered_html_form(
        self, data: Any, view: Any, method: str, request: Any
    ) -> Any:
        if method in {"DELETE", "OPTIONS"}:
            return super().get_rendered_html_form(data, view, method, request)
        return None

    def get_filter_form(self, data: Any, view: Any, request: Any) -> None:
        return None


class PlainTextRenderer(BaseRenderer):
    """Text as it is."""

    media_type = "text/plain"
    format = "txt"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Any = None,
    ) -> bytes:
        return str(data).encode("utf-8", "replace")
