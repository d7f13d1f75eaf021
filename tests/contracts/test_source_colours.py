"""The style sheet of sources is what Pygments makes, and can be read in both themes."""

from __future__ import annotations

import re

import pytest

from tests.contracts import source_colours
from tests.contracts.contrast import LEAST, contrast, themes
from tests.contracts.source_colours import DARK, LIGHT, PATH, render, rules

# What the console has behind a block, in each theme.
GROUNDS = dict(
    zip((LIGHT, DARK), (colours["--darkened-bg"] for colours in themes()), strict=False)
)
# Of texts in other formats, which no script is.
OTHERS = re.compile(r"\.(g\w*|w)$")


def test_the_style_sheet_is_fresh():
    assert PATH.read_text(encoding="utf-8") == render(), (
        f"Run python -m {source_colours.__name__}"
    )


@pytest.mark.parametrize("style", [LIGHT, DARK])
def test_each_word_stands_out_from_its_ground(style):
    weak = []
    for selector, what in rules(style):
        found = re.search(r"(?<![-\w])color: #([0-9A-Fa-f]{3,6})", what)
        if found is None or OTHERS.search(selector):
            continue
        if contrast(found[1], GROUNDS[style]) < LEAST:
            weak.append((selector, what))
    assert weak == []
