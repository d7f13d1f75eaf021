"""What is the same in two errors of the same kind, however their details differ."""

from __future__ import annotations

import re

LENGTH = 200
"""As long a fingerprint is at most."""

# Each in its turn: what an earlier one has replaced is no more there for a later one.
_PARTS = (
    # Colours and other commands to a terminal.
    (re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x1f\x7f]"), " "),
    (
        re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE),
        "<id>",
    ),
    # A folder or two at least, so that "and/or" and "n/a" stay words.
    (re.compile(r"(?:[A-Za-z]:)?(?:[\\/][\w.@%+~=-]+){2,}[\\/]?"), "<path>"),
    (
        re.compile(
            r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?"
            r"(?:Z|[+-]\d\d:?\d\d)?|\b\d\d:\d\d:\d\d(?:[.,]\d+)?"
        ),
        "<time>",
    ),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<id>"),
    # Checksums and keys: a long word of hexadecimal digits, with a figure among them.
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:\.\d+)?"), "#"),
    (re.compile(r"\s+"), " "),
)
# A line may be megabytes long; what tells errors apart stands at its beginning.
_MOST = 2000


def fingerprint_of(text: str) -> str:
    """Return the last line of `text` that says anything, without what changes from
    time to time: numbers, ids, paths and times. Empty where no line does."""
    lines = (line.strip() for line in reversed(text.splitlines()))
    line = next(filter(None, lines), "")[:_MOST]
    for pattern, word in _PARTS:
        line = pattern.sub(word, line)
    return line.strip()[:LENGTH]
