"""Rows of a log in pages, each with the number of lines before it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from itertools import starmap
from typing import NamedTuple

from django.db.models import QuerySet

from apps.runs.models import LogChunk, Stream

FIRST_ROWS = 16
MOST_ROWS = 5000
# A page holds about so much text, however small or large its rows are.
PAGE_CHARS = 2 * 2**20
# Of a chunk, what a Row has, in its order.
COLUMNS = ("seq", "stream", "text", "lines_before")


class Row(NamedTuple):
    """A chunk; `before` is how many lines ended before it.

    `at` is when it was written, where that was asked for.
    """

    seq: int
    stream: str
    text: str
    before: int
    at: datetime | None = None

    @property
    def is_hubs(self) -> bool:
        """Whether the hub itself says it, which belongs to no line of the script."""
        return self.stream == Stream.HUB


def chunks_of(run_id: uuid.UUID) -> QuerySet[LogChunk]:
    """Return a run's chunks in their order."""
    return LogChunk.objects.filter(run_id=run_id).order_by("seq")


def pages(
    run_id: uuid.UUID,
    seq: int,
    *,
    until: int | None = None,
    first: int = FIRST_ROWS,
    with_times: bool = False,
) -> Iterator[list[Row]]:
    """Yield the rows from `seq` on, and before `until`, in pages of about PAGE_CHARS.

    `first` is how many rows the first page may have, before it is known how much they
    hold.

    Each page is a query of its own: no transaction stays open, and of a log that is
    written meanwhile rows may be missing between two pages. Rows that do not know the
    lines before them are counted from where the reading began, so begin at 0 for them.
    """
    # Reading the times of many small rows would cost a search as much as their text.
    columns = (*COLUMNS, "at") if with_times else COLUMNS
    count = min(first, MOST_ROWS)
    ended = 0
    chunks = chunks_of(run_id)
    # Numbers begin at 1, and a page that is full needs no look for what follows.
    at: int | None = max(seq, 1)
    while at is not None and (until is None or at < until):
        # Both ends are given: for a limit alone PostgreSQL, which may know nothing of
        # a new log yet, reads and sorts the whole of it for each page.
        end = at + count if until is None else min(at + count, until)
        found = chunks.filter(seq__gte=at, seq__lt=end)
        page = list(starmap(Row, found.values_list(*columns)))
        if page and page[-1].before is None:
            page, ended = _counted(page, ended)
        if page:
            yield page
            chars = sum(len(row.text) for row in page)
            wanted = PAGE_CHARS * len(page) // max(chars, 1)
            count = min(max(wanted, FIRST_ROWS), MOST_ROWS)
        at = end if len(page) == end - at else _next_seq(chunks, end)


def _next_seq(chunks: QuerySet[LogChunk], seq: int) -> int | None:
    """Return the number of the next row from `seq` on, behind a gap; None at the end."""
    return chunks.filter(seq__gte=seq).values_list("seq", flat=True)[:1].first()


def _counted(page: list[Row], ended: int) -> tuple[list[Row], int]:
    """Return rows with the lines before them, and the lines up to their end."""
    counted = []
    for row in page:
        counted.append(row._replace(before=ended))
        if not row.is_hubs:
            ended += row.text.count("\n")
    return counted, ended


def seq_of_line(run_id: uuid.UUID, line: int, last_seq: int) -> int:
    """Return the seq from which to read to have all of a line; 0 is the beginning.

    That is the last row with fewer than `line` - 1 lines before it, found by halving:
    an index over line numbers would cost every row that is written.
    """
    low, high = 0, last_seq
    while low < high:
        middle = (low + high + 1) // 2
        # Rows may be missing: the next one that is there decides.
        row = (
            chunks_of(run_id)
            .filter(seq__gte=middle)
            .values_list("seq", "lines_before")[:1]
            .first()
        )
        if row is not None and (row[1] or 0) < line - 1:
            low = row[0]
        else:
            high = middle - 1
    return low
