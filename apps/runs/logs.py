"""Keeping what a script prints: chunk rows, live, bounded, readable by every database."""

from __future__ import annotations

import codecs
import logging
import time
import uuid
from collections import deque
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError, close_old_connections
from django.db.models import Max

from apps.runs.models import LogChunk, Stream

logger = logging.getLogger(__name__)

# A row is written at the latest so long after its first byte was printed.
FLUSH_S = 0.4
# Rows stay small enough to send one by one, large enough that they are few.
ROW_CHARS = 64 * 1024
# What a log keeps in memory while the database does not answer.
PENDING_CHARS = 8 * 2**20
# Databases refuse NUL in text; this is how a terminal's font shows it.
NUL_SIGN = "\N{SYMBOL FOR NULL}"


class LogWriter:
    """Writes one run's output as it comes.

    Bytes are decoded as UTF-8 with replacement, also across the borders of blocks; NUL
    is made visible. The head up to half of `limit_bytes` and the tail up to the other
    half are kept; what was cut out between is one chunk of stream `hub` that says how
    much it was. Not for more than one thread.
    """

    def __init__(self, run_id: uuid.UUID, *, limit_bytes: int) -> None:
        self._run_id = run_id
        self._half = limit_bytes // 2
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")("replace")
            for stream in (Stream.STDOUT, Stream.STDERR)
        }
        # What is not written yet: one stretch of one stream, in the order it came.
        self._stream = Stream.STDOUT
        self._pending: list[str] = []
        self._pending_chars = 0
        self._since = 0.0
        self._seq = 0
        self._head_bytes = 0
        self._cut_seq = 0
        self._cut_bytes = 0
        self._tail: deque[tuple[int, int]] = deque()
        self._tail_bytes = 0
        self._dropped = 0
        self.bytes_seen = 0

    def write(self, stream: str, block: bytes) -> None:
        """Take a block of one stream; rows are written when they are due."""
        self.bytes_seen += len(block)
        self._add(Stream(stream), self._decoders[Stream(stream)].decode(block))
        self.flush_if_due()

    def note(self, text: str) -> None:
        """Add a line that the hub itself says; names in it may be no valid text."""
        self._add(Stream.HUB, text.encode("utf-8", "replace").decode())

    def flush_if_due(self) -> None:
        """Write what has waited long enough. Call it at least every half second.

        A database that does not answer costs no run: the text waits, up to
        PENDING_CHARS of it, and is written when the database is back.
        """
        if self._pending and (
            self._pending_chars >= ROW_CHARS
            or time.monotonic() - self._since >= FLUSH_S
        ):
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
        except DatabaseError as exc:
            logger.warning("The log of run %s waits: %s", self._run_id, exc)
            close_old_connections()
            self._since = time.monotonic()
            self._drop_over_limit()

    def _drop_over_limit(self) -> None:
        text = "".join(self._pending)
        self._dropped += max(0, len(text) - PENDING_CHARS)
        self._pending = [text[:PENDING_CHARS]]
        self._pending_chars = len(self._pending[0])

    def close(self) -> None:
        """Write all that is left, and how much was cut out. Raises DatabaseError."""
        if self._dropped:
            self.note(
                f"[automation-hub: {self._dropped} characters were lost while the "
                "database did not answer]\n"
            )
        for stream, decoder in self._decoders.items():
            self._add(stream, decoder.decode(b"", final=True))
        self.flush()
        if self._cut_seq:
            LogChunk.objects.filter(run_id=self._run_id, seq=self._cut_seq).update(
                text=cut_mark(self._cut_bytes)
            )

    def flush(self) -> None:
        """Write what is pending, in rows of at most ROW_CHARS."""
        while self._pending_chars:
            text = "".join(self._pending)
            self._store(text[:ROW_CHARS])
            self._pending = [text[ROW_CHARS:]]
            self._pending_chars = len(self._pending[0])
        self._pending = []

    def _add(self, stream: Stream, text: str) -> None:
        if not text:
            return
        if stream != self._stream:
            self._try_flush()
            # What could not be written stays before it, as part of this stream.
            self._stream = stream
        if not self._pending:
            self._since = time.monotonic()
        self._pending.append(text.replace("\0", NUL_SIGN))
        self._pending_chars += len(text)

    def _store(self, text: str) -> None:
        size = len(text.encode())
        if self._head_bytes + size <= self._half and not self._cut_seq:
            self._head_bytes += size
            self._insert(text)
            return
        if not self._cut_seq:
            # Its place is fixed now; rows are cut out behind it from here on.
            self._cut_seq = self._insert(cut_mark(0), stream=Stream.HUB)
        self._tail.append((self._insert(text), size))
        self._tail_bytes += size
        self._trim()

    def _trim(self) -> None:
        gone = []
        while self._tail_bytes > self._half and len(self._tail) > 1:
            seq, size = self._tail.popleft()
            self._tail_bytes -= size
            self._cut_bytes += size
            gone.append(seq)
        if gone:
            LogChunk.objects.filter(run_id=self._run_id, seq__in=gone).delete()

    def _insert(self, text: str, *, stream: Stream | None = None) -> int:
        chunk = LogChunk(
            run_id=self._run_id,
            seq=self._seq + 1,
            stream=stream or self._stream,
            text=text,
        )
        # A write that failed may have arrived all the same: then it is there already.
        LogChunk.objects.bulk_create([chunk], ignore_conflicts=True)
        self._seq = chunk.seq
        return self._seq


def cut_mark(count: int) -> str:
    """Return the line that stands where output was cut out."""
    how_much = f"{count} bytes" if count else "part of the output"
    return f"\n[automation-hub: {how_much} cut out here, over the log limit]\n"


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
