"""What a file is: by its name first, and by how it begins where the name says little."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath

from apps.runs.previews.pictures import read_picture
from apps.runs.previews.text import is_text


class Kind(StrEnum):
    """How a file is shown. UNKNOWN: only its content can tell; OTHER: not at all."""

    JSON = "json"
    MARKDOWN = "markdown"
    TABLE = "table"
    TEXT = "text"
    PICTURE = "picture"
    UNKNOWN = "unknown"
    OTHER = "other"


_ENDINGS = {
    Kind.JSON: "json jsonl ndjson geojson",
    Kind.MARKDOWN: "md markdown",
    Kind.TABLE: "csv tsv",
    Kind.PICTURE: "png jpg jpeg gif webp svg",
    Kind.TEXT: "txt text log out err html htm xhtml xml rss atom yaml yml toml ini cfg "
    "conf properties env sql sh bash py pl rb js ts css diff patch rst tex tf service",
    Kind.OTHER: "gz bz2 xz zst lz4 z zip tar tgz 7z rar jar bin exe dll so o a pyc db "
    "sqlite sqlite3 parquet pickle pkl npy iso img pdf",
}
BY_ENDING = {end: kind for kind, ends in _ENDINGS.items() for end in ends.split()}
UNTOLD = "application/octet-stream"


def kind_by_name(name: str, content_type: str) -> Kind:
    """Return what a file is as far as its name tells, and the type guessed of it."""
    ending = PurePosixPath(name).suffix.removeprefix(".").lower()
    if kind := BY_ENDING.get(ending):
        return kind
    if content_type.startswith("text/"):
        return Kind.TEXT
    return Kind.UNKNOWN if content_type in {"", UNTOLD} else Kind.OTHER


def kind_by_content(named: Kind, data: bytes) -> Kind:
    """Return what a file is that begins with `data`, given what its name says."""
    if named is Kind.PICTURE:
        return Kind.PICTURE if read_picture(data) else Kind.OTHER
    if named is not Kind.UNKNOWN:
        return named
    if read_picture(data):
        return Kind.PICTURE
    if not is_text(data):
        return Kind.OTHER
    return Kind.JSON if data.lstrip()[:1] in {b"{", b"["} else Kind.TEXT
