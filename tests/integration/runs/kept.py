"""Files that runs left, as tests make them."""

from __future__ import annotations

import hashlib
import mimetypes
from typing import Any

from django.core.files.base import ContentFile
from django.urls import reverse

from apps.runs import artifacts
from apps.runs.admin.artifacts import address
from apps.runs.models import Artifact, Run


def keep(run: Run, name: str, content: bytes | str, **changes: Any) -> Artifact:
    """Keep a file as one that the run left."""
    data = content.encode() if isinstance(content, str) else content
    path = artifacts.storage().save(f"{run.pk}/{len(name)}", ContentFile(data))
    values = {
        "path": path,
        "size_bytes": len(data),
        "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    return Artifact.objects.create(run=run, name=name, **values | changes)


def run_page(client: Any, run: Run) -> str:
    """Return the page of a run."""
    answer = client.get(reverse("admin:runs_run_change", args=[run.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def page(client: Any, artifact: Artifact, *, view: str = "artifact", query="") -> str:
    """Return the page of a file, or what `compare` says of it."""
    answer = client.get(address(view, artifact) + query)
    assert answer.status_code == 200
    return answer.content.decode()
