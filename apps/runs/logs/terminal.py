"""What a terminal would show of a line, as plain text."""

from __future__ import annotations

import re

# Escape sequences: CSI (colours, moves), OSC (titles, links), and those of two bytes.
ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def shown(text: str) -> str:
    """Return a line without escape sequences and control characters.

    What comes behind a carriage return is written over what was there, as a terminal
    does it: of a progress bar the last state is left.
    """
    if text.isascii() and text.isprintable():
        return text
    text = ESCAPE.sub("", text)
    line = ""
    for part in text.split("\r"):
        part = CONTROLS.sub("", part)
        line = part + line[len(part) :]
    return line
