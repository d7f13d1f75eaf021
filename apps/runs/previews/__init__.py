"""Files that runs left, made fit to be looked at.

Bytes go in; structures, sentences about what was left out, and safe HTML come out.
Nothing in here reads a database or a storage.
"""

from __future__ import annotations

from apps.runs.previews.kinds import Kind, kind_by_name
from apps.runs.previews.links import Links
from apps.runs.previews.looking import READ_BYTES, Preview, look
from apps.runs.previews.pictures import Picture, read_picture

__all__ = [
    "READ_BYTES",
    "Kind",
    "Links",
    "Picture",
    "Preview",
    "kind_by_name",
    "look",
    "read_picture",
]
