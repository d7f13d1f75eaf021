"""Pictures by how they begin: their type, and how large they are drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

# What has to be read of a file to know; a JPEG says its size behind what cameras add.
HEAD_BYTES = 64 * 1024
# What is larger is not shown: a browser would have to hold all of it.
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
SVG = "image/svg+xml"
# What may stand before a drawing: its mark, spaces, a prolog and comments.
BEFORE_SVG = re.compile(
    rb"(\xef\xbb\xbf)?(\s+|<!--.*?-->|<\?.*?>|<!(?!--).*?>)*+", re.DOTALL
)
SVG_TAG = re.compile(rb"<svg[ \n\r\t>]")
# Markers of a JPEG that hold its size; those between them are something else.
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
BARE = {0x01, *range(0xD0, 0xD9)}


@dataclass(frozen=True)
class Picture:
    """A picture; width and height in pixels, 0 where its beginning does not say."""

    media_type: str
    width: int = 0
    height: int = 0

    @property
    def pixels(self) -> int:
        """How many there are to draw."""
        return self.width * self.height


def read_picture(head: bytes) -> Picture | None:
    """Return which picture begins so; None for what is none that browsers are shown.

    What the file is called does not count: browsers are told what it is by this alone.
    """
    head = head[:HEAD_BYTES]
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return Picture("image/png", _big(head[16:20]), _big(head[20:24]))
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Picture("image/gif", _little(head[6:8]), _little(head[8:10]))
    if head.startswith(b"\xff\xd8\xff"):
        return Picture("image/jpeg", *_jpeg_size(head))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Picture("image/webp", *_webp_size(head))
    return Picture(SVG) if _is_svg(head) else None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _jpeg_size(head: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker = head[at + 1]
        if marker in FRAMES:
            return _big(head[at + 7 : at + 9]), _big(head[at + 5 : at + 7])
        at += 2
        if marker not in BARE:
            at += max(2, _big(head[at : at + 2]))
    return 0, 0


def _webp_size(head: bytes) -> tuple[int, int]:
    form = head[12:16]
    if form == b"VP8X":
        return _little(head[24:27]) + 1, _little(head[27:30]) + 1
    if form == b"VP8L":
        bits = _little(head[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        return _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF
    return 0, 0


def _is_svg(head: bytes) -> bool:
    before = BEFORE_SVG.match(head)
    return before is not None and SVG_TAG.match(head, before.end()) is not None
