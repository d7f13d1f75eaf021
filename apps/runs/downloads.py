"""What a run left, as answers that no browser runs, renders or guesses about."""

from __future__ import annotations

import re
import uuid
import zlib
from collections.abc import Iterator
from urllib.parse import quote

from django.http import FileResponse, StreamingHttpResponse

from apps.runs import artifacts, logs
from apps.runs.models import Artifact, Run

# What zlib writes then is a gzip file.
GZIP_WBITS = 31
NO_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def log_response(run_id: uuid.UUID) -> StreamingHttpResponse:
    """Return the whole log as text, read as it is sent."""
    response = StreamingHttpResponse(
        (text.encode() for text in logs.read_text(run_id)),
        content_type="text/plain; charset=utf-8",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def log_download(run: Run, *, is_gzipped: bool = False) -> StreamingHttpResponse:
    """Return the whole log as a file, read, and packed, as it is sent."""
    script = NO_FILE_NAME.sub("-", run.script_name.rpartition("/")[2])
    name = f"{script}-{str(run.pk)[-12:]}.log"
    response = log_response(run.pk)
    if is_gzipped:
        name += ".gz"
        response = StreamingHttpResponse(
            _packed(run.pk), content_type="application/gzip"
        )
        response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _packed(run_id: uuid.UUID) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=GZIP_WBITS)
    for text in logs.read_text(run_id):
        if block := packer.compress(text.encode()):
            yield block
    yield packer.flush()


def artifact_path(run_id: uuid.UUID, name: str) -> str:
    """Return where an artifact is downloaded; a name may hold any character."""
    return f"/runs/runs/{run_id}/artifacts/{quote(name, safe='/')}"


class Attachment(FileResponse):
    """A file, sent as it is read."""

    block_size = 64 * 1024


def artifact_response(artifact: Artifact) -> Attachment:
    """Return a file as an attachment; raises as `artifacts.open_kept` does."""
    response = Attachment(
        artifacts.open_kept(artifact),
        as_attachment=True,
        filename=artifact.name.rpartition("/")[2],
        content_type=artifact.content_type,
    )
    # A stream does not know its length.
    response.setdefault("Content-Length", str(artifact.size_bytes))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
