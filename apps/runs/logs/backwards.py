"""Looking for a text in a log from a line backwards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from apps.runs.logs.reader import last_seq
from apps.runs.logs.rows import Row, chunks_of, pages, seq_of_line
from apps.runs.logs.search import SCAN_CHARS, Found, Searcher

# A stretch of the log that is read forwards, the last one first, holds about so much.
STRETCH_CHARS = 4 * 2**20
FIRST_ROWS = 64
MOST_ROWS = 50_000


@dataclass
class _Stretch:
    """Rows from `seq` on, and the line behind which their lines are all in them."""

    seq: int
    after_line: int


def search_backwards(
    run_id: uuid.UUID,
    text: str,
    *,
    is_case_sensitive: bool,
    before_line: int,
    count: int,
    is_numbered: bool,
) -> Found:
    """Return up to `count` lines before line `before_line` that hold `text`.

    These are the last ones, in the log's order; `next` is the line before which to go
    on, None at the beginning of the log. An answer comes with fewer lines than there
    are as soon as it has any: who goes backwards wants the next one.
    """
    asked = before_line
    end = seq_of_line(run_id, before_line, last_seq(run_id)) if is_numbered else 0
    rows, scanned = FIRST_ROWS, 0
    behind: list[Row] = []
    while True:
        stretch = _stretch_before(run_id, end, rows)
        searcher = Searcher(
            (text,), is_case_sensitive, stretch.after_line, count + 1, before_line
        )
        # All of it may be the middle of one line, which is read with its beginning.
        if stretch.after_line + 1 < before_line:
            found = _rows(run_id, stretch.seq, end, rows, behind)
            chars, behind = _search(found, searcher, before_line)
            scanned += chars
            rows = rows * STRETCH_CHARS // max(chars, 1)
            rows = min(max(rows, FIRST_ROWS), MOST_ROWS)
        else:
            behind = []
        lines = list(searcher.found)
        if len(lines) > count:
            return Found(lines[1:], lines[1].number)
        if not stretch.seq:
            return Found(lines, None)
        before_line, end = stretch.after_line + 1, stretch.seq
        if lines or (scanned >= SCAN_CHARS and before_line < asked):
            return Found(lines, before_line)


def _stretch_before(run_id: uuid.UUID, end: int, rows: int) -> _Stretch:
    """Return the stretch that reaches `rows` rows back from the one numbered `end`.

    Where rows are missing it has fewer. Its first line may have begun in an earlier
    row, and is left to the next stretch.
    """
    if end - rows <= 1:
        return _Stretch(0, 0)
    before = chunks_of(run_id).filter(seq__lt=end)
    columns = before.values_list("seq", "lines_before")
    # Not by counting rows back, which would read each of them.
    found = columns.filter(seq__gte=end - rows)[:1].first()
    found = found or columns.order_by("-seq")[:1].first()
    return _Stretch(found[0], (found[1] or 0) + 1) if found else _Stretch(0, 0)


def _rows(
    run_id: uuid.UUID, seq: int, end: int, count: int, behind: list[Row]
) -> Iterator[list[Row]]:
    """Yield the rows from `seq` on that are a stretch before `end`, and what follows.

    Of that the last line of the stretch needs what it goes on in: mostly one row.
    `behind` are rows from `end` on that are there already.
    """
    if not end:
        yield from pages(run_id, seq)
        return
    yield from pages(run_id, seq, until=end, first=count)
    if behind:
        yield behind
        end = behind[-1].seq + 1
    yield from pages(run_id, end, first=1)


def _search(
    rows: Iterator[list[Row]], searcher: Searcher, before_line: int
) -> tuple[int, list[Row]]:
    """Have the lines before `before_line` searched.

    Returns how much was read, and the first page: the stretch before this one needs its
    beginning, and memory that is all given back between two is slow to get anew.
    """
    chars = 0
    first: list[Row] = []
    for page in rows:
        first = first or page
        wanted = [row for row in page if row.is_hubs or row.before < before_line - 1]
        chars += sum(len(row.text) for row in wanted)
        searcher.take(wanted)
        if len(wanted) < len(page):
            break
    searcher.finish()
    return chars, first
