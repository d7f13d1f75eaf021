"""Names of files that people send: data, until they are made safe here."""

from __future__ import annotations

from unicodedata import category, normalize

from apps.core.text import JOINERS

# Of a name in UTF-8, as file systems take it.
MAX_BYTES = 255
MAX_ENDING_BYTES = 40
NAMELESS = "file"


def safe_filename(name: str) -> str:
    """Return the last part of a name as one that every folder takes, at most 255 bytes.

    What commands a terminal or turns the direction of text goes, so does any folder;
    the ending stays. What is left of nothing is "file".
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in normalize("NFC", last) if _is_kept(c)).strip()
    if not kept.strip("."):
        return NAMELESS
    return _cut(kept)


def _is_kept(char: str) -> bool:
    # Cc, Cf, Cs, Co, Cn: controls, marks of direction, halves, and what has no meaning.
    return char in JOINERS or (
        category(char)[0] != "C" and category(char) not in _BREAKS
    )


_BREAKS = {"Zl", "Zp"}


def _cut(name: str) -> str:
    if len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if stem.endswith(".tar"):
        stem, ending = stem[:-4], f"tar.{ending}"
    if not dot or len(ending.encode()) > MAX_ENDING_BYTES:
        stem, dot, ending = name, "", ""
    room = MAX_BYTES - len((dot + ending).encode())
    # A character that is cut in two goes whole.
    return stem.encode()[:room].decode(errors="ignore") + dot + ending
