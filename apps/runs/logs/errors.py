"""The next line of a log that looks like an error."""

from __future__ import annotations

import uuid

from apps.runs.logs.reader import last_seq
from apps.runs.logs.rows import Row, seq_of_line
from apps.runs.logs.search import Found, OpenLine, Searcher, scan
from apps.runs.models import Stream

# In any case of letters, also within a word: ValueError, FATAL.
WORDS = ("error", "exception", "traceback", "fatal", "critical")
# Five words take longer to look for than one: an answer is to come at once.
SCAN_CHARS = 32 * 2**20


def find_error(run_id: uuid.UUID, *, after_line: int, is_numbered: bool) -> Found:
    """Return the first line behind `after_line` that looks like an error, if any.

    That is a line with one of WORDS, or the first one where the script begins to write
    to stderr: not each line of it, since many scripts log all they do there. `next` is
    where to go on, None when there is no more.
    """
    seq = 0
    if is_numbered and after_line:
        # Line `after_line` is read too: its stream tells what begins behind it.
        seq = seq_of_line(run_id, after_line, last_seq(run_id))
    searcher = _ErrorSearcher(WORDS, False, after_line, 1)
    reached = scan(run_id, seq, searcher, after_line, SCAN_CHARS)
    lines = list(searcher.found)
    return Found(lines, lines[0].number if lines else reached)


class _ErrorSearcher(Searcher):
    """Also keeps lines of stderr that follow one of another stream."""

    # Of the last line that ended or, among rows that were passed over, of the last row.
    _before = ""

    def _may_match(self, rows: list[Row]) -> bool:
        before = self._line.stream if self._line is not None else self._before
        for row in rows:
            if row.stream == Stream.STDERR != before:
                return True
            if not row.is_hubs:
                before = row.stream
        return super()._may_match(rows)

    def _pass_over(self, rows: list[Row]) -> list[Row]:
        left = super()._pass_over(rows)
        for row in reversed(rows[: len(rows) - len(left)]):
            if not row.is_hubs:
                self._before = row.stream
                break
        return left

    def _begin(self, number: int, stream: str, *, is_cut: bool = False) -> OpenLine:
        begins = stream == Stream.STDERR != self._before
        return OpenLine(number, stream, is_cut=is_cut, matches=begins)

    def _close_line(self) -> None:
        if self._line is not None:
            self._before = self._line.stream
        super()._close_line()

    def _take_others(self, row: Row, text: str, folded: str) -> None:
        if "\n" in text:
            if row.stream == Stream.STDERR != self._before:
                first, _, text = text.partition("\n")
                folded_first, _, folded = folded.partition("\n")
                self._keep_whole(row.before + 2, row.stream, first, folded_first)
                row = row._replace(before=row.before + 1)
            self._before = row.stream
        super()._take_others(row, text, folded)
