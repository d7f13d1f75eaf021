"""Tables: rows of cells under a head, from files with delimiters or lists of records."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.runs.previews.text import shorten, visible

MAX_ROWS = 200
MAX_COLUMNS = 30
MAX_CELL_CHARACTERS = 300
LONG_CHARACTERS = 40
# No number has more; a longer text is not looked at, which may take for ever.
NUMBER_CHARACTERS = 40
# What may stand between cells, the likelier first, and how much is looked at to tell.
DELIMITERS = (",", ";", "\t", "|")
SNIFFED_CHARACTERS = 16 * 1024
SNIFFED_ROWS = 50
NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d+)*|\.\d+)([eE][+-]?\d+)?\s*%?\s*")
LINK = re.compile(r"https?://[^\s\x00-\x1f]{1,2000}", re.IGNORECASE)


class NoTable(Exception):
    """What was given cannot be read as rows of cells."""


class Cell(NamedTuple):
    """`href` is an address of the web where the text is one, else empty."""

    text: str
    href: str
    is_number: bool

    @property
    def is_long(self) -> bool:
        """Whether it wants a wide column."""
        return len(self.text) > LONG_CHARACTERS


class Row(NamedTuple):
    """A row; an odd one has more or fewer cells than it should have."""

    cells: list[Cell]
    is_odd: bool


@dataclass(frozen=True)
class Grid:
    """A table as it is shown, and what is to be said of it."""

    head: list[str]
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    # The delimiter that was found, where there was one to be found.
    delimiter: str = ""


def read_table(text: str, *, delimiter: str = "", is_whole: bool = True) -> Grid:
    """Return a file of cells as a table; raises NoTable where it is none.

    Without a `delimiter` the likeliest is taken. The first row is the head unless it
    holds a number. Of a text that is not whole, the last line is left out.
    """
    if not is_whole:
        text = text.rpartition("\n")[0]
    delimiter = delimiter or find_delimiter(text)
    rows = _parse(text, delimiter)
    if not rows:
        raise NoTable
    head, body = _headed(rows)
    usual = len(head) or _usual_width(rows)
    columns = max(map(len, rows))
    notes = _too_much(len(body), columns, is_whole)
    if odd := sum(len(row) != usual for row in body):
        notes.append(_odd_rows(odd, usual))
    names = head or [str(number) for number in range(1, columns + 1)]
    names += [""] * (columns - len(names))
    shown = [_row(row, columns, usual) for row in body[:MAX_ROWS]]
    return Grid([_short(name) for name in names[:MAX_COLUMNS]], shown, notes, delimiter)


def find_delimiter(text: str) -> str:
    """Return what most likely stands between the cells: what gives the most rows of one
    width, and of those the widest."""
    sample = text[:SNIFFED_CHARACTERS]
    if len(sample) < len(text):
        sample = sample.rpartition("\n")[0] or sample

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            rows = _parse(sample, delimiter)[:SNIFFED_ROWS]
        except NoTable:
            return 0.0, 0
        width = _usual_width(rows)
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    return max(DELIMITERS, key=fit)


def _parse(text: str, delimiter: str) -> list[list[str]]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ended = [f"{line}\n" for line in lines]
    try:
        return [row for row in csv.reader(ended, delimiter=delimiter) if row]
    except csv.Error as exc:
        raise NoTable from exc


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    widths = Counter(map(len, rows))
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _headed(rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    first = rows[0]
    is_head = len(rows) > 1 and not any(map(_is_number, first))
    return (first, rows[1:]) if is_head else ([], rows)


def _row(row: Sequence[str], columns: int, usual: int) -> Row:
    cells = [cell_of(text) for text in row[:MAX_COLUMNS]]
    cells += [cell_of("")] * (min(columns, MAX_COLUMNS) - len(cells))
    return Row(cells, len(row) != usual)


def cell_of(text: str) -> Cell:
    """Return a text as a cell: short, harmless, and a link where it is an address."""
    href = text if LINK.fullmatch(text) else ""
    return Cell(_short(text), visible(href), _is_number(text))


def _is_number(text: str) -> bool:
    return len(text) < NUMBER_CHARACTERS and NUMBER.fullmatch(text) is not None


def _short(text: str) -> str:
    return visible(shorten(text, MAX_CELL_CHARACTERS))


def _too_much(rows: int, columns: int, is_whole: bool) -> list[str]:
    notes = []
    if rows > MAX_ROWS:
        notes.append(
            _("The first %(shown)d of its %(total)d rows are shown.")
            % {"shown": MAX_ROWS, "total": rows}
            if is_whole
            else _("Its first %(shown)d rows are shown.") % {"shown": MAX_ROWS}
        )
    if columns > MAX_COLUMNS:
        notes.append(
            _("The first %(shown)d of its %(total)d columns are shown.")
            % {"shown": MAX_COLUMNS, "total": columns}
        )
    return notes


def _odd_rows(count: int, usual: int) -> str:
    return ngettext(
        "%(count)d row has another number of cells than %(usual)d; it is marked.",
        "%(count)d rows have another number of cells than %(usual)d; they are marked.",
        count,
    ) % {"count": count, "usual": usual}


def grid_of_records(records: Iterable[tuple[tuple[str, str], ...]]) -> Grid:
    """Return records, each of (name, text) pairs, as a table, whatever they lack."""
    found = [dict(record) for record in records]
    names = list(dict.fromkeys(name for record in found for name in record))
    shown = names[:MAX_COLUMNS]
    rows = [
        Row([cell_of(record.get(name, "")) for name in shown], False)
        for record in found[:MAX_ROWS]
    ]
    head = [_short(name) for name in shown]
    return Grid(head, rows, _too_much(len(found), len(names), True))
