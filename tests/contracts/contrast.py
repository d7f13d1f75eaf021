"""How far two colours stand apart, as WCAG reckons it, and those of the console."""

from __future__ import annotations

import re
from pathlib import Path

THEME = Path(__file__).resolve().parents[2] / "apps/system/static/hub/theme.css"
LEAST = 4.5
SET = re.compile(r"(--[\w-]+): (#[0-9a-f]{3,6});")


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as `#1f6391`, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def themes() -> list[dict[str, str]]:
    """Return the colours of the theme: light, dark by the system, dark by choice."""
    text = THEME.read_text(encoding="utf-8")
    blocks = re.findall(r"(?:\broot|=\"dark\"\]) \{([^}]+)\}", text)
    return [dict(SET.findall(block)) for block in blocks]


def _luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
