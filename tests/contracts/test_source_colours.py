"""The style sheet of sources is what Pygments makes, and can be read in both themes."""

from __future__ import annotations

import re

import pytest

from tests.contracts import source_colours
from tests.contracts.source_colours import DARK, LIGHT, PATH, render, rules

# What Django's admin has behind a block, in each theme (--darkened-bg).
GROUNDS = {LIGHT: "f8f8f8", DARK: "212121"}
# Of texts in other formats, which no script is.
OTHERS = re.compile(r"\.(g\w*|w)$")


def test_the_style_sheet_is_fresh():
    assert PATH.read_text(encoding="utf-8") == render(), (
        f"Run python -m {source_colours.__name__}"
    )


def luminance(colour):
    if len(colour) == 3:
        colour = "".join(2 * digit for digit in colour)
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_each_word_stands_out_from_its_ground(style):
    ground = luminance(GROUNDS[style])
    weak = []
    for selector, what in rules(style):
        found = re.search(r"(?<![-\w])color: #([0-9A-Fa-f]{3,6})", what)
        if found is None or OTHERS.search(selector):
            continue
        high, low = sorted((luminance(found[1]), ground), reverse=True)
        if (high + 0.05) / (low + 0.05) < 4.5:
            weak.append((selector, what))
    assert weak == []
