"""Names of files that people send are data until they are made safe."""

from __future__ import annotations

import pytest

from apps.core.filenames import MAX_BYTES, safe_filename


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("data.csv", "data.csv"),
        ("Übersicht März.xlsx", "Übersicht März.xlsx"),
        ("報告 2026.pdf", "報告 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\data.csv", "data.csv"),
        ("/absolute", "absolute"),
        ("evil\u202efdp.exe", "evilfdp.exe"),
        ("a\nb\r\t\x00\x1b[31m.csv", "ab[31m.csv"),
        ("half\ud800.csv", "half.csv"),
        ("-rf", "-rf"),
        ("$(id).csv", "$(id).csv"),
        (".env", ".env"),
        ("  padded.csv  ", "padded.csv"),
        (
            "family \U0001f469\u200d\U0001f469.png",
            "family \U0001f469\u200d\U0001f469.png",
        ),
        ("", "file"),
        (".", "file"),
        ("..", "file"),
        ("a/..", "file"),
        ("\u202e", "file"),
    ],
)
def test_a_name_becomes_one_that_any_folder_takes(name, safe):
    assert safe_filename(name) == safe


@pytest.mark.parametrize("letter", ["x", "é", "漢", "\U0001f600"])
@pytest.mark.parametrize("ending", [".csv", ".tar.gz", "", ".漢字"])
def test_a_long_name_is_cut_and_keeps_its_ending(letter, ending, tmp_path):
    safe = safe_filename(letter * 300 + ending)

    assert len(safe.encode()) <= MAX_BYTES
    assert len(safe.encode()) > MAX_BYTES - 5
    assert safe.endswith(ending)
    (tmp_path / safe).touch()
    assert [path.name for path in tmp_path.iterdir()] == [safe]
