"""Text of any bytes: decoded, harmless to look at, and not more than a page holds."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_LINES = 2000
MAX_LINE_CHARACTERS = 2000
# So much is looked at to tell text from other bytes.
SNIFFED_BYTES = 8192
SIGNATURES = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
PAIRS = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# What a page cannot hold or would not show, and what turns the direction of text.
SHOWN_AS: dict[int, str | int] = {
    **{code: 0x2400 + code for code in range(32) if code not in {9, 10}},
    0x7F: 0x2421,
    **dict.fromkeys(range(128, 160), REPLACEMENT),
    **{
        code: f"[U+{code:04X}]"
        for code in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    },
}


@dataclass(frozen=True)
class Text:
    """A text to be shown, and what is to be said of it."""

    text: str
    notes: list[str] = field(default_factory=list)


def is_text(data: bytes) -> bool:
    """Whether what begins so is for people to read."""
    if any(data.startswith(mark) for mark, _name in SIGNATURES):
        return True
    head = data[:SNIFFED_BYTES]
    return b"\0" not in head and decode(head, is_whole=False).text.count(
        REPLACEMENT
    ) * 10 <= len(head)


def decode(data: bytes, *, is_whole: bool = True) -> Text:
    """Return what the bytes say: UTF-8, UTF-16 with its mark, GB18030 where it is likely.

    What makes no sense is shown as replacement characters. Unless the data `is_whole`,
    a character that is cut at its end is left out.
    """
    for mark, name in SIGNATURES:
        if data.startswith(mark):
            return Text(_decode(data[len(mark) :], name, "replace", is_whole))
    try:
        return Text(_decode(data, "utf-8", "strict", is_whole))
    except UnicodeDecodeError:
        pass
    if _is_gb18030(data):
        try:
            text = _decode(data, "gb18030", "strict", is_whole)
        except UnicodeDecodeError:
            pass
        else:
            return Text(text, [_("It is no UTF-8 and was read as GB18030.")])
    text = _decode(data, "utf-8", "replace", is_whole)
    return Text(text, [_("What is no valid UTF-8 in it is shown as “�”.")])


def _decode(data: bytes, encoding: str, errors: str, is_whole: bool) -> str:
    return codecs.getincrementaldecoder(encoding)(errors).decode(data, is_whole)


def _is_gb18030(data: bytes) -> bool:
    """Whether most of what is no ASCII makes everyday Chinese characters."""
    pairs = PAIRS.findall(data)
    usual = sum(0xB0 <= pair[0] <= 0xD7 and pair[1] >= 0xA1 for pair in pairs)
    return len(pairs) >= 2 and usual * 5 >= len(pairs) * 3


def visible(text: str) -> str:
    """Return a text that a page can hold: controls and turns of direction are shown."""
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("\r\n", "\n").translate(SHOWN_AS)


def shorten(text: str, most: int) -> str:
    """Return the text, or its beginning with … where it has more characters."""
    return text if len(text) <= most else f"{text[:most]}…"


def show_text(text: str, *, is_whole: bool = True) -> Text:
    """Return the text as a page shows it: so many lines, none of them too long."""
    lines = visible(text).split("\n")
    notes = []
    if len(lines) > MAX_LINES + 1 or (len(lines) > MAX_LINES and lines[-1]):
        total = len(lines) - (not lines[-1])
        notes.append(
            _("The first %(shown)d of its %(total)d lines are shown.")
            % {"shown": MAX_LINES, "total": total}
            if is_whole
            else _("Its first %(shown)d lines are shown.") % {"shown": MAX_LINES}
        )
        lines = lines[:MAX_LINES]
    long = sum(len(line) > MAX_LINE_CHARACTERS for line in lines)
    if long:
        notes.append(_long_lines(long))
    shown = "\n".join(shorten(line, MAX_LINE_CHARACTERS) for line in lines)
    return Text(shown, notes)


def _long_lines(count: int) -> str:
    return ngettext(
        "%(count)d line is longer than %(most)d characters and was cut.",
        "%(count)d lines are longer than %(most)d characters and were cut.",
        count,
    ) % {"count": count, "most": MAX_LINE_CHARACTERS}
