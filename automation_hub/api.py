"""The API's routes and its documents."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)

from apps.core.api.views import route

urlpatterns = [
    # What is called most is looked for first; no address has two routes.
    path("", include("apps.runs.api.urls")),
    path("", include("apps.system.api.urls")),
    path("", include("apps.scripts.api.urls")),
    route("schema", SpectacularAPIView.as_view(), "schema"),
    route("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), "docs"),
    route("redoc", SpectacularRedocView.as_view(url_name="schema"), "redoc"),
]


def documented_routes(endpoints: list[Any], **kwargs: Any) -> list[Any]:
    """Return the routes for the OpenAPI document: each under its first name only.

    drf-spectacular calls this before it reads the views (PREPROCESSING_HOOKS).
    """
    kept = []
    for route_path, regex, method, view in endpoints:
        name = route_path.rstrip("/")
        if name != "/runs" and not name.startswith("/runs/{run_id}"):
            kept.append((name, regex, method, view))
    return kept
