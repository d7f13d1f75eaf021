"""Files made to take a preview for ever: they take no more time than others."""

from __future__ import annotations

import time

import pytest

from apps.runs.previews import Kind, look, marked, patient, read_picture

ROWS = "|a" * 4000 + "|\n" + "|-" * 4000 + "|\n" + "a\n" * 40_000
SLOW_WORDS = ["[", "![", "[!["]
SLOW_BLOCKS = ["- a\n", "a\n", "[\n"]


def seconds_for(name, data):
    began = time.thread_time()
    preview = look(name, "", data, len(data))
    return time.thread_time() - began, preview


def markdown(text):
    data = text.encode()
    return look("a.md", "", data, len(data))


@pytest.mark.parametrize("piece", [*SLOW_WORDS, *SLOW_BLOCKS, ROWS])
def test_markdown_that_takes_too_long_is_text(piece, monkeypatch):
    monkeypatch.setattr(patient, "BLOCKS_S", 0.05)
    monkeypatch.setattr(patient, "PATIENCE_S", 0.1)
    text = piece * (131_072 // len(piece))

    took, preview = seconds_for("a.md", text.encode())

    assert took < 0.6
    assert (preview.kind, preview.markdown) == (Kind.MARKDOWN, "")
    assert preview.text.startswith(text[:100])
    assert preview.notes[0] == "It takes too long to be rendered."


@pytest.mark.parametrize("name", ["BLOCKS_S", "PATIENCE_S"])
def test_without_any_time_nothing_is_rendered(name, monkeypatch):
    monkeypatch.setattr(patient, name, 0)
    preview = markdown("# Title\n\nwords\n")
    assert (preview.markdown, preview.text) == ("", "# Title\n\nwords\n")


@pytest.fixture
def slow(monkeypatch):
    """A parser for which time stands still until it comes to a word that takes it all."""
    now = [0.0]
    parser = patient.PatientParser()
    monkeypatch.setattr(patient.time, "thread_time", lambda: now[0])
    monkeypatch.setattr(marked, "PatientParser", lambda: parser)

    def turn(state, silent):
        if state.src.startswith("slow"):
            now[0] = 100.0
        return False

    parser.markdown.inline.ruler.before("watch", "turn", turn)
    return parser


def test_the_beginning_is_rendered_up_to_a_whole_block(slow):
    tokens = slow.parse("# Title\n\n> one\n\n> two\n>\n> slow\n\nlast\n")

    assert slow.is_cut
    words = [token.content for token in tokens if token.type == "inline"]
    assert words == ["Title", "one"]
    assert tokens[-1].type == "blockquote_close"


def test_a_part_that_is_shown_says_so(slow):
    preview = markdown("words\n\nslow ones\n\nlast\n")

    assert preview.markdown == "<p>words</p>\n"
    assert preview.notes == [
        "It takes too long to be rendered: its beginning is shown."
    ]


def test_an_ordinary_text_is_rendered_to_its_end():
    text = "# Part\n\nSome *words* and a [link](https://a.test/).\n\n" * 200
    preview = markdown(text)
    assert preview.notes == []
    assert preview.markdown.count("<h3>") == 200


def test_a_head_of_spaces_is_looked_at_once():
    took, preview = seconds_for("a.csv", b"1" + b" " * 60_000 + b"x\n1\n")
    assert took < 1
    assert preview.grid is not None


@pytest.mark.parametrize("piece", [b"<!>", b"<!---->", b"<?>", b" ", b"<!--"])
def test_what_stands_before_a_drawing_is_read_once(piece):
    began = time.thread_time()
    assert read_picture(piece * 1_000_000) is None
    assert time.thread_time() - began < 1
