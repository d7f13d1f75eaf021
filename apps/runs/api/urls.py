from __future__ import annotations

from typing import Any

from apps.core.api.views import route
from apps.runs.api.output import RunArtifact, RunLog
from apps.runs.api.views import RunCancel, RunDetail, RunList, RunRetry


def _routes(base: str, name: str) -> list[Any]:
    one = f"{base}/(?P<run_id>[^/]+)"
    return [
        route(base, RunList.as_view(), f"{name}-list"),
        route(one, RunDetail.as_view(), f"{name}-detail"),
        route(f"{one}/cancel", RunCancel.as_view(), f"{name}-cancel"),
        route(f"{one}/retry", RunRetry.as_view(), f"{name}-retry"),
        route(f"{one}/log", RunLog.as_view(), f"{name}-log"),
        route(f"{one}/artifacts/(?P<name>.+?)", RunArtifact.as_view(), f"{name}-file"),
    ]


# /runs and /runs/{run_id} are the same resource under a shorter name.
urlpatterns = _routes("runs/runs", "run") + _routes("runs", "run-short")
