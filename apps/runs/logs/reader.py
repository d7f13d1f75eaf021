"""A log's chunks as they were stored: for downloads, and for whoever follows it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import Max

from apps.runs.models import LogChunk


def read_text(run_id: uuid.UUID) -> Iterator[str]:
    """Yield the log's text, chunk by chunk."""
    chunks = LogChunk.objects.filter(run_id=run_id).order_by("seq")
    yield from chunks.values_list("text", flat=True).iterator(chunk_size=50)


def read_tail(run_id: uuid.UUID, count: int) -> list[dict[str, Any]]:
    """Return the last `count` chunks, oldest first: dicts of seq, stream and text."""
    chunks = LogChunk.objects.filter(run_id=run_id).order_by("-seq")
    return [{**c} for c in chunks.values("seq", "stream", "text")[:count]][::-1]


def read_after(run_id: uuid.UUID, after: int, count: int) -> list[dict[str, Any]]:
    """Return up to `count` chunks behind `after`: dicts of seq, stream and text."""
    chunks = LogChunk.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")
    return [{**chunk} for chunk in chunks.values("seq", "stream", "text")[:count]]


def last_seq(run_id: uuid.UUID) -> int:
    """Return the number of the last chunk, 0 without any."""
    found = LogChunk.objects.filter(run_id=run_id).aggregate(last=Max("seq"))
    return found["last"] or 0
