"""Text from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def storable(text: str) -> str:
    """Return a text that every database takes, and JSON too, whatever it came from.

    Errors name files and bytes, which may be no valid text: half surrogate pairs and NUL
    are replaced.
    """
    clean = text.encode("utf-8", "replace").decode()
    return clean.replace("\0", "\N{REPLACEMENT CHARACTER}")


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield each row as a line, its cells as wide as the widest of their column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
