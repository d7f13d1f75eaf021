"""What a run left, as its page shows it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from apps.runs.downloads import artifact_path
from apps.runs.models import Run


def artifacts_context(run: Run, request: HttpRequest) -> dict[str, Any]:
    """Return what `admin/runs/run/artifacts.html` shows, as its `artifacts`."""
    found = run.artifacts.values_list("name", "size_bytes")
    return {
        "run": run,
        "files": [
            {"url": artifact_path(run.pk, name), "name": name, "size_bytes": size}
            for name, size in found
        ],
    }
