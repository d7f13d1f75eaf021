"""The last line that a script wrote to stderr: mostly why it failed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from apps.runs.logs.lines import read_lines
from apps.runs.logs.reader import last_seq
from apps.runs.logs.rows import chunks_of
from apps.runs.logs.terminal import shown
from apps.runs.models import Stream

# How many rows of the log's end are looked through: a script that fails says so last.
LOOKED_AT = 500
SHOWN_CHARS = 500


@dataclass(frozen=True)
class LastError:
    """A line as plain text; `number` is None where lines of the log have none."""

    number: int | None
    text: str


def last_error(run_id: uuid.UUID) -> LastError | None:
    """Return the last line on stderr that says anything, of the end of a log."""
    newest = last_seq(run_id)
    rows = chunks_of(run_id).filter(seq__gt=newest - LOOKED_AT, stream=Stream.STDERR)
    found = rows.order_by("-seq").values_list("text", "lines_before")
    for text, before in found[:LOOKED_AT].iterator(chunk_size=20):
        lines = text.split("\n")
        index = _last_that_says(lines)
        if index is None:
            continue
        if before is None:
            return LastError(None, shown(lines[index])[-SHOWN_CHARS:])
        return _whole(run_id, before + index + 1)
    return None


def _last_that_says(lines: list[str]) -> int | None:
    indexes = range(len(lines) - 1, -1, -1)
    return next((index for index in indexes if shown(lines[index]).strip()), None)


def _whole(run_id: uuid.UUID, number: int) -> LastError | None:
    """Return a line with what other rows have of it."""
    found = read_lines(run_id, number, number, is_numbered=True)
    texts = [line.text for line in found if line.number == number]
    return LastError(number, shown(texts[0])[:SHOWN_CHARS]) if texts else None
