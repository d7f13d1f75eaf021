"""Looking for a text in a log, line by line, while it is read in pages."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass

from apps.runs.logs.lines import LINE_CHARS, LogLine
from apps.runs.logs.reader import last_seq
from apps.runs.logs.rows import Row, pages, seq_of_line
from apps.runs.models import Stream

# So much is read for one answer; then it says where to go on.
SCAN_CHARS = 256 * 2**20
# What is shown before a match that is so far right that the line's beginning is not.
CONTEXT_CHARS = 100
# What is folded and searched at once: this much stays in the processor's cache.
GROUP_CHARS = 64 * 1024
# Fewer rows than this are not worth to be halved again.
ONE_BY_ONE = 4


@dataclass(frozen=True)
class Found:
    """Lines that hold the text; `next` is where to go on, None at the end of the log."""

    lines: list[LogLine]
    next: int | None


def search_lines(
    run_id: uuid.UUID,
    text: str,
    *,
    is_case_sensitive: bool,
    after_line: int,
    count: int,
    is_numbered: bool,
) -> Found:
    """Return up to `count` lines behind line `after_line` that hold `text`.

    `text` is not empty and has no newline. Of a line longer than LINE_CHARS the part
    with the first match is shown. What the hub says is not searched. After SCAN_CHARS
    an answer may come with fewer lines than there are, and `next` to go on from.
    """
    seq = 0
    if is_numbered and after_line:
        seq = seq_of_line(run_id, after_line + 1, last_seq(run_id))
    # One more than is asked for tells whether there is more.
    searcher = Searcher((text,), is_case_sensitive, after_line, count + 1)
    reached = scan(run_id, seq, searcher, after_line, SCAN_CHARS)
    if reached is not None:
        return Found(list(searcher.found), reached)
    lines = list(searcher.found)[:count]
    return Found(lines, lines[-1].number if searcher.is_full else None)


def scan(
    run_id: uuid.UUID,
    seq: int,
    searcher: Searcher,
    after_line: int,
    most_chars: int,
) -> int | None:
    """Have a log read from `seq` on until the searcher is full, or to its end.

    Returns the line that was reached if `most_chars` were not enough for that.
    """
    scanned = 0
    for page in pages(run_id, seq):
        searcher.take(page)
        if searcher.is_full:
            break
        scanned += sum(len(row.text) for row in page)
        reached = _line_reached(page)
        if scanned >= most_chars and reached > after_line:
            return reached
    searcher.finish()
    return None


def _line_reached(page: list[Row]) -> int:
    """Return the last line that ended in a page, 0 if none did."""
    for row in reversed(page):
        if not row.is_hubs and "\n" in row.text:
            return row.before + row.text.count("\n")
    return 0


class OpenLine:
    """A line that is put together from parts, and looked through meanwhile."""

    def __init__(
        self, number: int, stream: str, *, is_cut: bool = False, matches: bool = False
    ) -> None:
        self.number = number
        self.stream = stream
        self.is_cut = is_cut
        self.matches = matches
        # Its end so far: folded, for matches that begin in one part and end in the
        # next; and as it is, to be shown before such a match.
        self.folded_end = ""
        self._end = ""
        self._chars = 0
        self._shown = ""

    def extend(self, text: str, folded: str, needles: tuple[str, ...]) -> None:
        """Add a part; its first match decides what is shown of a long line.

        The first of the needles is the longest.
        """
        folded = self.folded_end + folded
        at, needle = (-1, "") if self.matches else _first(folded, needles)
        start = at - len(self.folded_end)
        self.matches = self.matches or at >= 0
        if at >= 0 and self._chars + start + len(needle) > LINE_CHARS:
            start = max(len(self._end) + start - CONTEXT_CHARS, 0)
            self._shown = (self._end + text)[start : start + LINE_CHARS]
            self.is_cut = True
        else:
            self._shown += text[: max(LINE_CHARS - len(self._shown), 0)]
        self._chars += len(text)
        self.folded_end = _last(folded, len(needles[0]) - 1)
        kept = len(needles[0]) + CONTEXT_CHARS
        self._end = _last(self._end + _last(text, kept), kept)

    def line(self) -> LogLine:
        is_cut = self.is_cut or self._chars > LINE_CHARS
        return LogLine(self.number, self.stream, self._shown, is_cut)


class Searcher:
    """Takes pages of rows, and keeps up to `count` lines that hold one of the texts.

    These are the first ones behind `after_line`, or with `before_line` the last ones
    before that.
    """

    def __init__(
        self,
        texts: tuple[str, ...],
        is_case_sensitive: bool,
        after_line: int,
        count: int,
        before_line: int | None = None,
    ) -> None:
        self._is_case_sensitive = is_case_sensitive
        self._needles = tuple(sorted(map(self._fold, texts), key=len, reverse=True))
        self._after_line = after_line
        self._count = count
        self._before_line = before_line
        self._seq = 0
        self._line: OpenLine | None = None
        self.found: deque[LogLine] = deque(maxlen=count)

    @property
    def is_full(self) -> bool:
        return self._before_line is None and len(self.found) >= self._count

    def take(self, page: list[Row]) -> None:
        """Take the next rows, in groups that are folded and searched as one text."""
        first = chars = 0
        for number, row in enumerate(page, start=1):
            chars += len(row.text)
            if chars >= GROUP_CHARS or number == len(page):
                self._take_group(page[first:number])
                first, chars = number, 0

    def _take_group(self, rows: list[Row]) -> None:
        """Take rows one by one only around a match, which is found by halving."""
        if not self._may_match(rows):
            rows = self._pass_over(rows)
        elif len(rows) > ONE_BY_ONE:
            middle = len(rows) // 2
            self._take_group(rows[:middle])
            self._take_group(rows[middle:])
            return
        for row in rows:
            if self.is_full:
                return
            self._take_row(row)

    def _may_match(self, rows: list[Row]) -> bool:
        """Whether rows may end a line that matches; False is certain."""
        end = ""
        if self._line is not None:
            if self._line.matches:
                return True
            end = self._line.folded_end
        text = "".join([row.text for row in rows if row.stream != Stream.HUB])
        folded = self._fold(text)
        return self._holds(folded) or any(
            needle in end + folded[: len(needle)] for needle in self._needles
        )

    def _holds(self, folded: str) -> bool:
        return any(needle in folded for needle in self._needles)

    def finish(self) -> None:
        """Say that the log ends here, for now."""
        self._close_line()

    def _fold(self, text: str) -> str:
        return text if self._is_case_sensitive else text.casefold()

    def _pass_over(self, rows: list[Row]) -> list[Row]:
        """Open the line that stays open at the end of rows without a match.

        Returns the rows that this line goes on in.
        """
        for number in range(len(rows) - 1, -1, -1):
            row = rows[number]
            end = -1 if row.is_hubs else row.text.rfind("\n")
            if end >= 0:
                self._seq = row.seq
                # Its number is told by the row in which it goes on.
                self._open(0, row.stream, row.text[end + 1 :])
                return rows[number + 1 :]
        return rows

    def _open(self, number: int, stream: str, text: str) -> None:
        self._line = None
        if text:
            self._line = self._begin(number, stream)
            self._line.extend(text, self._fold(text), self._needles)

    def _begin(self, number: int, stream: str, *, is_cut: bool = False) -> OpenLine:
        """Begin a line that may go on in the next row."""
        return OpenLine(number, stream, is_cut=is_cut)

    def _take_row(self, row: Row) -> None:
        is_hole = self._seq not in (0, row.seq - 1)
        self._seq = row.seq
        if is_hole:
            self._close_line()
        if row.is_hubs:
            return
        if self._line is None:
            self._line = self._begin(row.before + 1, row.stream, is_cut=is_hole)
        self._line.number = row.before + 1
        text, newline, others = row.text.partition("\n")
        folded, _, folded_others = self._fold(row.text).partition("\n")
        self._line.extend(text, folded, self._needles)
        if newline:
            self._close_line()
            self._take_others(row, others, folded_others)

    def _take_others(self, row: Row, text: str, folded: str) -> None:
        """Take what a row holds behind the end of its first line."""
        *lines, last = text.split("\n")
        *folded_lines, _ = folded.split("\n")
        first = row.before + 2
        if self._holds(folded):
            for number, part in enumerate(folded_lines):
                if self._holds(part):
                    self._keep_whole(first + number, row.stream, lines[number], part)
        self._open(first + len(lines), row.stream, last)

    def _keep_whole(self, number: int, stream: str, text: str, folded: str) -> None:
        """Keep a line that one row holds from its beginning to its end."""
        line = OpenLine(number, stream)
        line.extend(text, folded, self._needles)
        self._keep(line)

    def _close_line(self) -> None:
        if self._line is not None and self._line.matches:
            self._keep(self._line)
        self._line = None

    def _keep(self, line: OpenLine) -> None:
        is_before = self._before_line is None or line.number < self._before_line
        if is_before and line.number > self._after_line and not self.is_full:
            self.found.append(line.line())


def _first(text: str, needles: tuple[str, ...]) -> tuple[int, str]:
    """Return where the first of the needles is, and which; -1 where none is."""
    found = [(at, needle) for needle in needles if (at := text.find(needle)) >= 0]
    return min(found, default=(-1, ""))


def _last(text: str, count: int) -> str:
    """Return the last `count` characters, also when that is 0."""
    return text[max(len(text) - count, 0) :]
