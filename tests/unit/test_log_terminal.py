"""What a terminal would show of a line."""

from __future__ import annotations

import pytest

from apps.runs.logs.terminal import shown


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("中文 ok", "中文 ok"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[38;2;1;2;3mmixed", "mixed"),
        ("\x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;a title\x07text", "text"),
        ("10 %\r20 %\r100 %", "100 %"),
        ("abcdef\rxy", "xycdef"),
        ("dos\r", "dos"),
        ("tab\tand\x07bell\x00", "tab\tandbell"),
        ("cut \x1b[3", "cut "),
        ("<script>", "<script>"),
    ],
)
def test_escapes_go_and_what_is_written_over_goes(text, wanted):
    assert shown(text) == wanted
