"""Long lines, of which the beginning or the end is shown, and rows behind a gap."""

from __future__ import annotations

import pytest

from apps.runs import logs
from apps.runs.logs import lines, rows
from apps.runs.models import LogChunk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("size", [1, 7, 300, 4000, 30_000])
def test_the_end_of_a_long_line_is_put_together_from_its_parts(write, size):
    # No two places of it look the same.
    line = "".join(f"{n:06}\r" for n in range(6000))
    parts = [line[at : at + size] for at in range(0, len(line), size)]
    turns = [
        (("stdout", "stderr")[n % 2], text) for n, text in enumerate(parts[-5000:])
    ]
    run_id = write(("stdout", "first\n"), *turns, ("stdout", "\nlast"))

    found = logs.read_lines(run_id, 1, 3, is_numbered=True, shows_ends=True)

    whole = "".join(parts[-5000:])
    assert [line.text for line in found] == ["first", whole[-10_000:], "last"]
    assert [line.is_cut for line in found] == [False, len(whole) > 10_000, False]


def test_a_large_answer_of_ends_shows_less_of_the_first_lines(write, monkeypatch):
    monkeypatch.setattr(lines, "ANSWER_CHARS", 2000)
    run_id = write(("stdout", "".join(f"{'x' * 900}{n}\n" for n in range(4))))

    found = logs.read_lines(run_id, 1, 4, is_numbered=True, shows_ends=True)

    assert [len(line.text) for line in found] == [200, 200, 901, 901]
    assert [line.text[-1] for line in found] == list("0123")
    assert [line.is_cut for line in found] == [True, True, False, False]


def test_rows_behind_a_gap_of_any_length_are_read(run, monkeypatch):
    monkeypatch.setattr(rows, "FIRST_ROWS", 2)
    monkeypatch.setattr(rows, "MOST_ROWS", 3)
    for seq in (1, 2, 3, 50, 51, 1000):
        LogChunk.objects.create(
            run=run, seq=seq, stream="stdout", text=f"{seq}\n", lines_before=seq
        )

    assert [row.seq for page in rows.pages(run.pk, 0) for row in page] == [
        *(1, 2, 3, 50, 51, 1000)
    ]
    assert [row.seq for page in rows.pages(run.pk, 4) for row in page] == [50, 51, 1000]


def test_a_log_that_has_no_rows_has_no_pages(run):
    assert list(rows.pages(run.pk, 0)) == []


def test_a_long_line_is_cut_and_says_so(write):
    run_id = write(("stdout", "a\n" + "x" * 200_000), ("stdout", "y\nb\n"))

    a, long, b = logs.read_lines(run_id, 1, 3, is_numbered=True)

    assert (a.text, a.is_cut, b.text, b.is_cut) == ("a", False, "b", False)
    assert (long.text, long.is_cut) == ("x" * lines.LINE_CHARS, True)


def test_a_line_of_just_the_length_is_whole(write):
    run_id = write(("stdout", "x" * lines.LINE_CHARS + "\n"))

    (line,) = logs.read_lines(run_id, 1, 1, is_numbered=True)

    assert (len(line.text), line.is_cut) == (lines.LINE_CHARS, False)


def test_a_large_answer_shows_less_of_each_line(write, monkeypatch):
    monkeypatch.setattr(lines, "ANSWER_CHARS", 1000)
    run_id = write(("stdout", ("x" * 900 + "\n") * 4))

    found = logs.read_lines(run_id, 1, 4, is_numbered=True)

    assert [len(line.text) for line in found] == [900, 900, 200, 200]
    assert [line.is_cut for line in found] == [False, False, True, True]
