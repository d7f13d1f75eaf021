"""LogWriter: what a script prints becomes chunk rows, live and bounded."""

from __future__ import annotations

import codecs
import logging
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

from django.db import DatabaseError, close_old_connections, transaction
from django.utils import timezone

from apps.core.prepared import Param, PreparedInsert
from apps.runs.logs.masking import OutputMask
from apps.runs.logs.pending import ROW_COST, PendingRow, Tail, pieces
from apps.runs.models import LogChunk, Stream

logger = logging.getLogger(__name__)

# A row is written at the latest so long after its first byte was printed.
FLUSH_S = 0.4
# Rows stay small enough to send one by one, large enough that they are few.
ROW_BYTES = 64 * 1024
# The head is all kept, so it does not wait for the time once it is so much.
FLUSH_BYTES = 2**20
# What the tail holds in memory between two flushes. A script that prints more in that
# time has its tail cut down to this: the rest is never written, so that a loud script
# leaves the database to the others.
PENDING_BYTES = 4 * 2**20
# What the head holds in memory while the database does not answer.
AWAY_BYTES = 4 * 2**20
# One INSERT holds about so much text.
INSERT_BYTES = 2**20
INSERT_ROWS = 100
# So much of the end of stderr is at hand when the run ends.
ERROR_CHARS = 4000
# How often, and after which pauses, the end of a log is tried again.
CLOSE_AGAIN_S = (0.2, 0.8)
# Databases refuse NUL in text; this is how a terminal's font shows it.
NUL_SIGN = "\N{SYMBOL FOR NULL}"


def _blank_row() -> LogChunk:
    """Return a chunk whose values come with each INSERT."""
    columns: Any = [
        field for field in LogChunk._meta.concrete_fields if not field.primary_key
    ]
    return LogChunk(**{field.attname: Param(field.attname, field) for field in columns})


# What a short run prints is one row, so its SQL is made once.
ROW = PreparedInsert(_blank_row)


class LogWriter:
    """Writes one run's output as it comes.

    Bytes are decoded as UTF-8 with replacement, also across the borders of blocks; NUL
    is made visible; secrets are hidden before anything of them is kept. The head up to half of `limit_bytes` and the tail up to the other
    half are kept, each row counting ROW_COST on top of its text; what was cut out
    between is one chunk of stream `hub` that says how much it was. While a script
    prints more than PENDING_BYTES in FLUSH_S, the tail may be as short as
    PENDING_BYTES. Each row knows how many lines came before it, those cut out included.

    What is pending stays below AWAY_BYTES + PENDING_BYTES, also while the database does
    not answer. Not for more than one thread.
    """

    def __init__(self, run_id: uuid.UUID, *, limit_bytes: int) -> None:
        self._run_id = run_id
        self._half = limit_bytes // 2
        self._row_bytes = min(ROW_BYTES, max(self._half // 16, 256))
        self._decoders = {
            stream: codecs.getincrementaldecoder("utf-8")("replace")
            for stream in (Stream.STDOUT, Stream.STDERR)
        }
        self._seq = 0
        self._lines = 0
        # The row that still grows; the rows of the head that are not written yet.
        self._open: PendingRow | None = None
        self._head: list[PendingRow] = []
        self._head_cost = 0
        self._head_pending = 0
        # Behind the head: the number that the mark has, or will have, and the rest.
        self._mark_seq = self._mark_lines = 0
        self._tail = Tail(self._half, min(self._half, PENDING_BYTES))
        self._marked_bytes = 0
        self._deleted_upto = 0
        self._since = 0.0
        self._retry_at = 0.0
        self._is_away = False
        self._was_lost = False
        self._hidden: tuple[str, ...] = ()
        self._mask: OutputMask | None = None
        self.bytes_seen = 0
        # The end of what came on stderr, as it is stored.
        self.last_errors = ""

    def hide(self, secrets: Collection[str]) -> None:
        """Have dots in the place of these, in what is written from now on."""
        if tuple(secrets) == self._hidden:
            # Said again: what is held back of a build's output goes on being so.
            return
        for stream, decoder in self._decoders.items():
            rest = self._mask.finish(stream) if self._mask else b""
            self._add(stream, decoder.decode(rest))
        self._hidden = tuple(secrets)
        self._mask = OutputMask(secrets) if secrets else None

    def without_secrets(self, text: str) -> str:
        """Return text with dots for secrets."""
        return self._mask.text(text) if self._mask else text

    def write(self, stream: str, block: bytes) -> None:
        """Take a block of one stream; rows are written when they are due."""
        self.bytes_seen += len(block)
        self.tell(stream, block)

    def tell(self, stream: str, block: bytes) -> None:
        """Take a block that is not the script's own, and counts as none of its bytes."""
        if self._mask:
            block = self._mask.feed(stream, block)
        self._add(Stream(stream), self._decoders[Stream(stream)].decode(block))
        self.flush_if_due()

    def follow_up(self, *, has_earlier: bool) -> None:
        """Go on behind the rows that an earlier worker wrote of this run, if it did.

        For a run that was given back to the queue. Call it before anything else.
        Raises DatabaseError.
        """
        if has_earlier and not self._seq:
            rows = LogChunk.objects.filter(run_id=self._run_id).order_by("-seq")
            last = rows.values_list("seq", "text", "stream", "lines_before")[:1].first()
            if last is not None:
                self._seq, text, stream, before = last
                ends = 0 if stream == Stream.HUB else text.count("\n")
                self._lines = (before or 0) + ends

    def end_output(self) -> None:
        """Take what is held back of the streams, which have ended."""
        for stream, decoder in self._decoders.items():
            rest = self._mask.finish(stream) if self._mask else b""
            self._add(stream, decoder.decode(rest, final=True))

    def note(self, text: str) -> None:
        """Add a line that the hub itself says; names in it may be no valid text."""
        text = self.without_secrets(text)
        self._add(Stream.HUB, text.encode("utf-8", "replace").decode())

    def flush_if_due(self) -> None:
        """Write what has waited long enough. Call it at least every half second.

        A database that does not answer costs no run: the text waits, bounded, and is
        written when the database is back.
        """
        now = time.monotonic()
        if not self._is_pending or now < self._retry_at:
            return
        if now - self._since >= FLUSH_S or self._head_pending >= FLUSH_BYTES:
            self._try_flush()

    def _try_flush(self) -> None:
        try:
            self.flush()
        except DatabaseError as exc:
            logger.warning("The log of run %s waits: %s", self._run_id, exc)
            close_old_connections()
            self._retry_at = time.monotonic() + FLUSH_S
            self._is_away = True

    def close(self) -> None:
        """Write all that is left. Raises DatabaseError if it still cannot be."""
        self.end_output()
        for wait_s in CLOSE_AGAIN_S:
            try:
                self.flush()
            except DatabaseError as exc:
                logger.warning("The log of run %s waits: %s", self._run_id, exc)
                close_old_connections()
                time.sleep(wait_s)
        self.flush()

    def flush(self) -> None:
        """Write what is pending and cut out what is over, in one transaction.

        Raises DatabaseError; what was to be written then stays pending. A write that
        failed may have arrived all the same, so from here on no row changes, and what
        is there already is not written twice.
        """
        if not self._is_pending:
            return
        self._open = None
        batches = list(_batches([*self._head, *self._tail.pending]))
        # Most flushes are one statement, which is a transaction of its own.
        is_one = len(batches) == 1 and not self._is_over
        with nullcontext() if is_one else transaction.atomic():
            for batch in batches:
                self._insert(batch)
            self._cut_out()
        self._head.clear()
        self._head_pending = 0
        self._tail.written()
        self._marked_bytes = self._tail.cut_bytes
        self._deleted_upto = self._tail.cut_upto
        self._is_away = False

    @property
    def _is_pending(self) -> bool:
        return bool(self._head or self._tail.pending)

    @property
    def _is_over(self) -> bool:
        """Whether more was cut out than the database knows of."""
        tail = self._tail
        return tail.cut_upto > self._deleted_upto or tail.cut_bytes > self._marked_bytes

    def _add(self, stream: Stream, text: str) -> None:
        if not text:
            return
        if stream == Stream.STDERR:
            self.last_errors = (self.last_errors + text[-ERROR_CHARS:])[-ERROR_CHARS:]
        if not self._is_pending:
            self._since = time.monotonic()
        data = text.replace("\0", NUL_SIGN).encode()
        for piece in pieces(data, self._row_bytes):
            self._append(stream, piece)

    def _append(self, stream: Stream, piece: bytes) -> None:
        row = self._open
        size = len(piece)
        if (
            row is None
            or row.stream != stream
            or len(row.data) + size > self._row_bytes
        ):
            row = self._open = self._new_row(stream)
        row.data += piece
        if stream != Stream.HUB:
            self._lines += piece.count(b"\n")
        self._charge(size)

    def _new_row(self, stream: Stream) -> PendingRow:
        if not self._mark_seq and self._is_head_full():
            # The mark's place is fixed now; rows are cut out behind it from here on.
            self._seq += 1
            self._mark_seq = self._seq
            self._mark_lines = self._lines
        self._seq += 1
        row = PendingRow(self._seq, stream, self._lines)
        if self._mark_seq:
            self._tail.add(row)
        else:
            self._head.append(row)
        self._charge(ROW_COST)
        return row

    def _is_head_full(self) -> bool:
        if self._is_away and self._head_pending >= AWAY_BYTES:
            self._was_lost = True
            return True
        return self._head_cost + self._row_bytes + ROW_COST > self._half

    def _charge(self, size: int) -> None:
        if not self._mark_seq:
            self._head_cost += size
            self._head_pending += size
            return
        before = self._tail.cut_upto
        self._tail.charge(size)
        if self._is_away and self._tail.cut_upto > before:
            self._was_lost = True

    def _insert(self, rows: Sequence[PendingRow]) -> None:
        made: Iterator[dict[str, Any]] = (
            {
                "run_id": self._run_id,
                "seq": row.seq,
                "stream": row.stream,
                "text": row.data.decode(),
                "lines_before": row.lines_before,
                "at": timezone.now(),
            }
            for row in rows
        )
        if len(rows) == 1:
            ROW.apply(**next(made))
            return
        chunks = [LogChunk(**values) for values in made]
        LogChunk.objects.bulk_create(chunks, ignore_conflicts=True)

    def _cut_out(self) -> None:
        """Delete what is over, and say at its place how much it is by now."""
        if self._tail.cut_upto > self._deleted_upto:
            # Nothing hangs on a chunk: one DELETE, without looking for what might.
            LogChunk.objects.filter(
                run_id=self._run_id,
                seq__gt=self._mark_seq,
                seq__lte=self._tail.cut_upto,
            )._raw_delete(LogChunk.objects.db)
        if self._tail.cut_bytes > self._marked_bytes:
            mark = LogChunk(
                run_id=self._run_id,
                seq=self._mark_seq,
                stream=Stream.HUB,
                text=cut_mark(self._tail.cut_bytes, was_lost=self._was_lost),
                lines_before=self._mark_lines,
            )
            LogChunk.objects.bulk_create(
                [mark],
                update_conflicts=True,
                unique_fields=["run", "seq"],
                update_fields=["text"],
            )


def cut_mark(count: int, *, was_lost: bool = False) -> str:
    """Return the line that stands where `count` bytes were cut out."""
    why = "over the log limit"
    if was_lost:
        why += ", or while the database did not answer"
    return f"\n[automation-hub: {count} bytes cut out here, {why}]\n"


def _batches(rows: Sequence[PendingRow]) -> Iterator[list[PendingRow]]:
    """Part the rows so that few of them are in memory as text at the same time."""
    batch: list[PendingRow] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += len(row.data)
        if size >= INSERT_BYTES or len(batch) >= INSERT_ROWS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
