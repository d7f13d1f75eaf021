"""Text of any bytes, and files that are none."""

from __future__ import annotations

import random

import pytest

from apps.runs.previews import Kind, kind_by_name, look


def seen(data, *, name="a.txt", size=None, kind="text/plain"):
    return look(name, kind, data, len(data) if size is None else size)


def test_it_is_shown_as_it_is():
    preview = seen("line 1\r\n\tline 2 <script>\n中文".encode())

    assert preview.text == "line 1\n\tline 2 <script>\n中文"
    assert preview.notes == []


def test_what_is_no_utf_8_is_shown_as_replacements():
    preview = seen(b"caf\xe9 \xff ok")

    assert preview.text == "caf� � ok"
    assert preview.notes == ["What is no valid UTF-8 in it is shown as “�”."]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_other_encodings_are_read(encoding):
    text = "服务器一切正常，没有错误"

    assert seen(text.encode(encoding)).text == text


@pytest.mark.parametrize("text", ["déjà vu, naïve, été", "élégant", "Übergröße"])
def test_western_text_is_not_taken_for_chinese(text):
    assert seen(text.encode()).text == text
    assert "�" in seen(text.encode("latin-1")).text


def test_controls_and_turns_of_direction_are_visible():
    assert seen(b"a\0b\x1b[31m\x7f\rc").text == "a␀b␛[31m␡␍c"
    assert seen("x\u202etxt.exe\u2066".encode()).text == "x[U+202E]txt.exe[U+2066]"


def test_a_character_that_is_cut_at_the_end_is_left_out():
    data = ("好" * 10).encode()[:-1]

    assert seen(data, size=10**7).text == "好" * 9
    assert seen(data).text.endswith("�")


def test_long_lines_and_many_lines_are_cut_and_that_is_said():
    preview = seen(b"x" * 5000 + b"\n" + b"y\n" * 5000)

    lines = preview.text.split("\n")
    assert len(lines) == 2000
    assert len(lines[0]) == 2001
    assert preview.notes == [
        "The first 2000 of its 5001 lines are shown.",
        "1 line is longer than 2000 characters and was cut.",
    ]


def test_of_a_large_file_it_is_said_how_much_was_read():
    preview = seen(b"x\n" * 3000, size=5 * 2**20)

    assert preview.notes[0] == "Only the first 5.9\xa0KB of its 5.0\xa0MB were read."
    assert preview.notes[1] == "Its first 2000 lines are shown."


def test_an_empty_file_says_so():
    preview = seen(b"")

    assert preview.notes == ["It is empty."]
    assert not preview.is_shown


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("a.json", "application/json", Kind.JSON),
        ("A.JSON", "", Kind.JSON),
        ("a.md", "text/markdown", Kind.MARKDOWN),
        ("a.tsv", "text/tab-separated-values", Kind.TABLE),
        ("a.csv.gz", "text/csv", Kind.OTHER),
        ("a.log", "application/octet-stream", Kind.TEXT),
        ("a.html", "text/html", Kind.TEXT),
        ("a.svg", "image/svg+xml", Kind.PICTURE),
        ("a.unheard-of", "text/x-something", Kind.TEXT),
        ("report", "application/octet-stream", Kind.UNKNOWN),
        ("a.pdf", "application/pdf", Kind.OTHER),
        ("a.mp4", "video/mp4", Kind.OTHER),
    ],
)
def test_a_name_tells_what_a_file_is(name, kind, found):
    assert kind_by_name(name, kind) is found


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"hello\n", Kind.TEXT),
        (b' {"a": 1}', Kind.JSON),
        (b"GIF89a\1\0\1\0", Kind.PICTURE),
        (b"\x7fELF\2\1\1\0\0", Kind.OTHER),
        (bytes(range(128, 256)) * 4, Kind.OTHER),
    ],
)
def test_content_tells_where_the_name_does_not(data, found):
    assert seen(data, name="report", kind="application/octet-stream").kind is found


def test_other_files_are_not_shown_and_say_so():
    preview = seen(b"%PDF-1.7", name="a.pdf", kind="application/pdf")

    assert not preview.is_shown
    assert preview.notes == ["Files of this kind are not shown; download it."]


@pytest.mark.parametrize(
    "ending", ["json", "jsonl", "md", "csv", "tsv", "txt", "png", "svg", "html", "x"]
)
def test_no_bytes_break_a_preview(ending):
    chance = random.Random(7)
    for _ in range(60):
        data = bytes(chance.choices(b'[]{}",:\n\r\t\\|#*`<>\x00\xff\xe4ab1', k=200))
        for size in (len(data), 10**7):
            preview = look(f"a.{ending}", "", data, size)
            assert preview.is_shown or preview.notes
