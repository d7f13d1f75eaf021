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
from apps.runs.previews.pictures import (
    HEAD_BYTES,
    MAX_BYTES,
    MAX_PIXELS,
    read_picture,
)

# What zlib writes then is a gzip file.
GZIP_WBITS = 31
# What opens a file of a run by itself runs nothing of it, and asks for nothing.
SANDBOX = "sandbox; default-src 'none'"
# A picture that is opened by itself is laid out by styles: its own, or the browser's.
PICTURE_SANDBOX = f"{SANDBOX}; style-src 'unsafe-inline'"
# Of no type but what is said; and kept neither on the way to whoever may see it, nor by
# their browser.
OURS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
NO_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def log_response(run_id: uuid.UUID) -> StreamingHttpResponse:
    """Return the whole log as text, read as it is sent."""
    response = StreamingHttpResponse(
        (text.encode() for text in logs.read_text(run_id)),
        content_type="text/plain; charset=utf-8",
        headers=OURS,
    )
    return response


def log_download(run: Run, *, is_gzipped: bool = False) -> StreamingHttpResponse:
    """Return the whole log as a file, read, and packed, as it is sent."""
    script = NO_FILE_NAME.sub("-", run.script_name.rpartition("/")[2])
    name = f"{script}-{str(run.pk)[-12:]}.log"
    response = log_response(run.pk)
    if is_gzipped:
        name += ".gz"
        response = StreamingHttpResponse(
            _packed(run.pk), content_type="application/gzip", headers=OURS
        )
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
    return f"/runs/runs/{run_id}/artifacts/{name_path(name)}"


def name_path(name: str) -> str:
    """Return a name as the end of an address, so that it arrives as it is.

    Browsers and proxies resolve `.`, `..` and empty parts, so a name that has one is
    made a single part.
    """
    has_steps = not {"", ".", ".."}.isdisjoint(name.split("/"))
    return quote(name, safe="" if has_steps else "/")


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
        headers=OURS,
    )
    # A stream does not know its length.
    response.setdefault("Content-Length", str(artifact.size_bytes))
    response["Content-Security-Policy"] = SANDBOX
    return response


def picture_response(artifact: Artifact) -> Attachment | None:
    """Return a picture to be drawn within a page; None for what is none by its content,
    and for one that is too large, in bytes or to be drawn.

    It is sent as what it is, whatever it is called. Opened by itself, not even an SVG
    runs or loads anything. Raises as `artifacts.open_kept` does.
    """
    picture = read_picture(artifacts.read_start(artifact, HEAD_BYTES))
    if picture is None or artifact.size_bytes > MAX_BYTES:
        return None
    if picture.pixels > MAX_PIXELS:
        return None
    response = Attachment(
        artifacts.open_kept(artifact),
        filename=artifact.name.rpartition("/")[2],
        content_type=picture.media_type,
        headers=OURS,
    )
    response.setdefault("Content-Length", str(artifact.size_bytes))
    response["Content-Security-Policy"] = PICTURE_SANDBOX
    return response
