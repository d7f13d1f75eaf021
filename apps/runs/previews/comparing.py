"""What changed between two files: of records which are new, of text which lines."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.runs.previews.kinds import Kind, kind_by_content, kind_by_name
from apps.runs.previews.looking import LINES
from apps.runs.previews.records import RecordChanges, compare_records
from apps.runs.previews.text import MAX_LINE_CHARACTERS, decode, shorten, visible
from apps.runs.previews.trees import NoJSON
from apps.scripts.differences import Difference, Line, TooLarge
from apps.scripts.differences import compare as compare_lines

MAX_SHOWN_LINES = 2000
SIGNS = {"same": " ", "added": "+", "removed": "−", "gap": ""}
TEXTS = {Kind.JSON, Kind.TABLE, Kind.MARKDOWN, Kind.TEXT}


@dataclass(frozen=True)
class Side:
    """One of two files: `data` is all of it, or its beginning."""

    name: str
    content_type: str
    data: bytes
    size: int

    @property
    def kind(self) -> Kind:
        """What the file is, by its name and content."""
        return kind_by_content(kind_by_name(self.name, self.content_type), self.data)

    @property
    def is_whole(self) -> bool:
        """Whether all of the file was read."""
        return len(self.data) >= self.size

    @property
    def text(self) -> str:
        """What it says."""
        return decode(self.data, is_whole=self.is_whole).text


class ShownLine(NamedTuple):
    """A line of a difference as a page has it; numbers count from 1."""

    kind: str
    old: int | None
    new: int | None
    sign: str
    text: str


@dataclass(frozen=True)
class Comparison:
    """What changed: in records where both files hold some, and line by line."""

    records: RecordChanges | None = None
    difference: Difference | None = None
    lines: list[ShownLine] = field(default_factory=list)
    is_of_pictures: bool = False
    notes: list[str] = field(default_factory=list)


def compare(old: Side, new: Side) -> Comparison:
    """Return what changed from one file to the other; notes say what cannot be told."""
    kinds = {old.kind, new.kind}
    if kinds == {Kind.PICTURE}:
        return Comparison(is_of_pictures=True)
    if not kinds <= TEXTS:
        message = _("Files of this kind are not compared; download both.")
        return Comparison(notes=[message])
    notes = _partly(old, new)
    before, after = old.text, new.text
    records = None
    if kinds == {Kind.JSON} and not notes:
        records, before, after = _as_json(old, new)
    if _ends_as_windows(before) and _ends_as_windows(after):
        # Otherwise each line would end in a mark for it; one that changed has it.
        before, after = (text.replace("\r\n", "\n") for text in (before, after))
    try:
        difference = compare_lines(before, after)
    except TooLarge:
        message = _("Too many lines differ to be compared line by line.")
        return Comparison(records, notes=[*notes, message])
    if difference.is_rough:
        notes.append(_rough())
    if len(difference.lines) > MAX_SHOWN_LINES:
        message = _("The first %(shown)d lines of the difference are shown.")
        notes.append(message % {"shown": MAX_SHOWN_LINES})
    shown = [_shown(line) for line in difference.lines[:MAX_SHOWN_LINES]]
    return Comparison(records, difference, shown, notes=notes)


def record_changes(old: Side, new: Side) -> RecordChanges | None:
    """Return what changed in the records of two JSON files that were read whole; None
    where they hold none."""
    if {old.kind, new.kind} != {Kind.JSON} or not (old.is_whole and new.is_whole):
        return None
    return _as_json(old, new)[0]


def _partly(old: Side, new: Side) -> list[str]:
    if old.is_whole and new.is_whole:
        return []
    size = filesizeformat(max(len(old.data), len(new.data)))
    return [_("Only the first %(size)s of each were compared.") % {"size": size}]


def _rough() -> str:
    return _(
        "They differ too much to be compared line by line in the time for it: all that "
        "lies between the first and the last change is shown as changed."
    )


def _as_json(old: Side, new: Side) -> tuple[RecordChanges | None, str, str]:
    """Return how the records changed, and both as text with a line for each value."""
    before, after = old.text, new.text
    try:
        values = _value(old.name, before), _value(new.name, after)
        records = compare_records(*values)
        if _is_long(before) or _is_long(after):
            before, after = (_lined(value) for value in values)
    except (NoJSON, RecursionError):
        return None, old.text, new.text
    return records, before, after


def _value(name: str, text: str) -> Any:
    try:
        if name.lower().endswith(LINES):
            return [json.loads(line) for line in text.split("\n") if line.strip()]
        return json.loads(text)
    except ValueError as exc:
        raise NoJSON from exc


def _ends_as_windows(text: str) -> bool:
    """Whether each line ends in a carriage return too, as those of CSV do."""
    return 0 < text.count("\n") == text.count("\r\n")


def _is_long(text: str) -> bool:
    return any(len(line) > MAX_LINE_CHARACTERS for line in text.split("\n"))


def _lined(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _shown(line: Line) -> ShownLine:
    text = shorten(line.text.removesuffix("\n"), MAX_LINE_CHARACTERS)
    return ShownLine(line.kind, line.old, line.new, SIGNS[line.kind], visible(text))
