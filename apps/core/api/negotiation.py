"""Which form an answer takes."""

from __future__ import annotations

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request

ANYTHING = "*/*"


class Negotiation(DefaultContentNegotiation):
    """Browsable pages for a signed-in browser; everybody else gets the plain form.

    What nobody offers (`Accept: image/png`) is answered in the first form instead of
    with 406: a client that asked for a run wants the run.
    """

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        # Django's own user, from the session: a token is no browser.
        user = getattr(request._request, "user", None)
        if user is None or not user.is_authenticated:
            renderers = [
                r for r in renderers if not isinstance(r, BrowsableAPIRenderer)
            ]
        # What most clients send, or none does: it names no form of ours.
        if request.META.get("HTTP_ACCEPT", ANYTHING) == ANYTHING:
            return renderers[0], renderers[0].media_type
        accepts = self.get_accept_list(request)
        for media_type in accepts:
            for renderer in renderers:
                if media_type.split(";")[0].strip() == renderer.media_type:
                    return renderer, renderer.media_type
        return renderers[0], renderers[0].media_type
