"""Text from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import category, east_asian_width

JOINERS = "\u200c\u200d"


def storable(text: str) -> str:
    """Return a text that every database takes, and JSON too, whatever it came from.

    Errors name files and bytes, which may be no valid text: half surrogate pairs and NUL
    are replaced.
    """
    clean = text.encode("utf-8", "replace").decode()
    return clean.replace("\0", "\N{REPLACEMENT CHARACTER}")


def printable(text: str) -> str:
    """Return a text for one line of a terminal: it can neither break nor command it."""
    return "".join(
        char.encode("unicode_escape").decode() if _commands(char) else char
        for char in text
    )


def _commands(char: str) -> bool:
    # Controls, line breaks, half surrogate pairs, and what turns the direction; the
    # joiners, which are of the same kind, only shape letters and emoji.
    return category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in JOINERS


def columns(given: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield each row as a line, its cells as wide as the widest of their column."""
    rows = [[printable(cell) for cell in row] for row in given]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Chinese letter."""
    return sum(1 + (east_asian_width(char) in "FW") for char in text)
