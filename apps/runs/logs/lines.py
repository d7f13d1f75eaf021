"""A log by its lines: how many there are, and any range of them.

Lines are counted over both streams together and end at a newline. A line that both
streams wrote to bears the stream it began with.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import F, Sum, Value
from django.db.models.functions import Length, Replace

from apps.runs.logs.reader import last_seq
from apps.runs.logs.rows import Row, chunks_of, pages, seq_of_line
from apps.runs.models import Stream

# What is shown of one line, and, when an answer is large by then, of those that follow.
LINE_CHARS = 10_000
ANSWER_CHARS = 4 * 2**20
SHORT_LINE_CHARS = 200


@dataclass(frozen=True)
class LogLine:
    """A line as it is shown; `number` is None for what the hub says.

    `is_cut`: its beginning or its end is not shown, or was cut out of the log. `at` is
    when what it begins with was written, where that was asked for.
    """

    number: int | None
    stream: str
    text: str
    is_cut: bool = False
    at: datetime | None = None


@dataclass(frozen=True)
class Gap:
    """Where lines were cut out: what is between these two is missing.

    `after_line` is 0 where nothing was kept before the gap. Either line may lack its
    end or its beginning, and they are the same when only a part of it is missing.
    """

    after_line: int
    next_line: int


@dataclass(frozen=True)
class Summary:
    """A log as a whole. `is_numbered`: its rows know how many lines came before."""

    lines: int
    gap: Gap | None
    is_numbered: bool


def summarize(run_id: uuid.UUID) -> Summary:
    """Return how many lines a log has by now, the unfinished last one included."""
    rows = chunks_of(run_id).exclude(stream=Stream.HUB).order_by("-seq")
    last = rows.values_list("text", "lines_before")[:1].first()
    if last is None:
        return Summary(0, None, is_numbered=True)
    text, before = last
    ends = _count_lines(run_id) if before is None else before + text.count("\n")
    lines = ends + (not text.endswith("\n"))
    return Summary(lines, _find_gap(run_id), is_numbered=before is not None)


def _count_lines(run_id: uuid.UUID, **where: int) -> int:
    """Count the line ends of a log whose rows do not know them, in the database."""
    without = Length(Replace(F("text"), Value("\n"), Value("")))
    rows = chunks_of(run_id).exclude(stream=Stream.HUB).filter(**where).order_by()
    return rows.aggregate(ends=Sum(Length("text") - without))["ends"] or 0


def _find_gap(run_id: uuid.UUID) -> Gap | None:
    """Return the gap: behind something that the hub says, numbers of rows are missing.

    The hub says few things: rows of one stream that follow each other are one.
    """
    chunks = chunks_of(run_id)
    said = chunks.filter(stream=Stream.HUB).values_list("seq", "lines_before")
    for seq, before in said[:50]:
        rows = chunks.filter(seq__gt=seq).values_list("seq", "lines_before")
        following = rows[:1].first()
        if following is None or following[0] == seq + 1:
            continue
        if before is None:
            before = _count_lines(run_id, seq__lt=seq)
        text = chunks.filter(seq=seq - 1).values_list("text", flat=True).first()
        has_begun = bool(text) and not str(text).endswith("\n")
        resumes = before if following[1] is None else following[1]
        return Gap(before + has_begun, resumes + 1)
    return None


def read_lines(
    run_id: uuid.UUID,
    first: int,
    last: int,
    *,
    is_numbered: bool,
    shows_ends: bool = False,
    with_times: bool = False,
) -> list[LogLine]:
    """Return lines `first` to `last`, as far as they are there and were kept.

    Of a line that is too long its beginning is shown; with `shows_ends` its end, which
    is what a progress bar says now, and of a large answer the first lines are short.

    What the hub says between them comes without a number, among it the mark of a gap
    that the range touches. A range is read, never the whole log, but for rows that do
    not know their lines (`is_numbered` is False): those are counted from the start.
    """
    seq = seq_of_line(run_id, first, last_seq(run_id)) if is_numbered else 0
    taker = (_TakerOfEnds if shows_ends else _Taker)(first, last)
    for page in pages(run_id, seq, with_times=with_times):
        for row in page:
            if not row.is_hubs and row.before >= last:
                return taker.finish(row)
            taker.take(row)
    return taker.finish()


class _Taker:
    """Puts lines together from rows, and keeps those of a range."""

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        self._last = last
        self._room = ANSWER_CHARS
        self._found: list[LogLine] = []
        # What the hub said since the last line that ended.
        self._said: list[Row] = []
        self._seq = 0
        self._ended = 0
        # The row in which the line that is open began.
        self._begun: Row | None = None
        self._parts: list[str] = []
        self._chars = 0
        self._lacks_beginning = False

    def take(self, row: Row) -> None:
        """Take the next row of the log."""
        if not row.is_hubs:
            self._arrive(row)
        self._seq = row.seq
        if row.is_hubs:
            self._said.append(row)
            return
        first, *others = row.text.split("\n")
        self._extend(row, first)
        for part in others:
            self._end_line(row)
            if self._ended >= self._last:
                break
            self._extend(row, part)

    def finish(self, following: Row | None = None) -> list[LogLine]:
        """Return what was found; `following` is the row that was not taken any more."""
        if following is not None:
            self._arrive(following)
        else:
            self._show_open()
            self._show_said(self._ended)
        return self._found

    def _arrive(self, row: Row) -> None:
        """Get to a row; a hole in the numbers before it ends the line that is open."""
        if row.seq != self._seq + 1 and self._seq:
            self._show_open(is_cut=True)
            self._lacks_beginning = True
        self._ended = row.before
        if not self._chars:
            self._show_said(row.before)

    def _extend(self, row: Row, text: str) -> None:
        if not text:
            return
        self._begun = self._begun or row
        self._chars += len(text)
        self._keep_part(text)

    def _keep_part(self, text: str) -> None:
        """Keep of a line's next part what may be shown."""
        if self._chars - len(text) < LINE_CHARS:
            self._parts.append(text[:LINE_CHARS])

    def _end_line(self, row: Row) -> None:
        self._begun = self._begun or row
        self._show(self._ended + 1)
        self._ended += 1
        self._show_said(self._ended)

    def _show_open(self, *, is_cut: bool = False) -> None:
        if self._chars:
            self._show(self._ended + 1, is_cut=is_cut)

    def _show(self, number: int, *, is_cut: bool = False) -> None:
        if self._begun is not None and self._first <= number <= self._last:
            text = self._shown_text()
            is_cut = is_cut or self._lacks_beginning or self._chars > len(text)
            begun = self._begun
            self._found.append(LogLine(number, begun.stream, text, is_cut, begun.at))
            self._room -= len(text)
        self._begun = None
        self._parts = []
        self._chars = 0
        self._lacks_beginning = False

    def _shown_text(self) -> str:
        limit = LINE_CHARS if self._room > 0 else SHORT_LINE_CHARS
        return "".join(self._parts)[:limit]

    def _show_said(self, ended: int) -> None:
        """Show what the hub said, if it stands between lines of the range."""
        for row in self._said:
            if row.before <= self._last and ended + 1 >= self._first:
                for line in row.text.strip("\n").split("\n"):
                    is_cut = len(line) > LINE_CHARS
                    text = line[:LINE_CHARS]
                    shown = LogLine(None, Stream.HUB, text, is_cut, row.at)
                    self._found.append(shown)
        self._said = []


class _TakerOfEnds(_Taker):
    """Shows the ends of lines; when there is too much of them, less of the first."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(first, last)
        self._shortened = 0
        self._kept_chars = 0

    def _keep_part(self, text: str) -> None:
        if not self._parts:
            self._kept_chars = 0
        self._parts.append(text[-LINE_CHARS:])
        self._kept_chars += len(self._parts[-1])
        # Now and then, since a line may have as many parts as characters.
        if self._kept_chars > 2 * LINE_CHARS:
            self._parts = ["".join(self._parts)[-LINE_CHARS:]]
            self._kept_chars = LINE_CHARS

    def _shown_text(self) -> str:
        while self._room < 0 and self._shortened < len(self._found):
            self._shorten(self._shortened)
            self._shortened += 1
        return "".join(self._parts)[-LINE_CHARS:]

    def _shorten(self, index: int) -> None:
        line = self._found[index]
        over = len(line.text) - SHORT_LINE_CHARS
        if line.number is not None and over > 0:
            self._found[index] = replace(line, text=line.text[over:], is_cut=True)
            self._room += over
