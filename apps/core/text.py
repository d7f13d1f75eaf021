"""Text from elsewhere."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return a text that every database takes, and JSON too, whatever it came from.

    Errors name files and bytes, which may be no valid text: half surrogate pairs and NUL
    are replaced.
    """
    clean = text.encode("utf-8", "replace").decode()
    return clean.replace("\0", "\N{REPLACEMENT CHARACTER}")
