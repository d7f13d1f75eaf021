"""Text from elsewhere, on its way to a terminal."""

from __future__ import annotations

import pytest

from apps.core.text import columns, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("备份 nightly", "备份 nightly"),
        ("\u5907\u3000\u4efd", "\u5907\u3000\u4efd"),
        ("esc\x1b[31mred", "esc\\x1b[31mred"),
        ("two\nlines\t", "two\\nlines\\t"),
        ("\u202eright to left", "\\u202eright to left"),
    ],
)
def test_what_would_command_a_terminal_is_shown_instead(text, shown):
    assert printable(text) == shown


def test_a_cell_cannot_break_its_table():
    assert list(columns([["a\nb", "1"], ["c", "2"]])) == ["a\\nb  1", "c     2"]
    assert list(columns([["备份", "1"], ["c", "2"]])) == ["备份  1", "c     2"]
