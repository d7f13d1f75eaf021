"""A log is searched backwards as well as forwards, and finds the same lines."""

from __future__ import annotations

import random
from functools import partial

import pytest

from apps.runs import logs
from apps.runs.logs import backwards, rows, search
from apps.runs.models import LogChunk

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(write):
    return partial(write, is_flushed=True)


@pytest.fixture
def short_stretches(monkeypatch):
    monkeypatch.setattr(backwards, "FIRST_ROWS", 2)
    monkeypatch.setattr(backwards, "MOST_ROWS", 3)
    monkeypatch.setattr(rows, "FIRST_ROWS", 2)
    monkeypatch.setattr(rows, "MOST_ROWS", 3)


def before(run_id, text, line, *, count=200):
    log = logs.summarize(run_id)
    return logs.search_backwards(
        run_id,
        text,
        is_case_sensitive=False,
        before_line=line,
        count=count,
        is_numbered=log.is_numbered,
    )


def all_before(run_id, text, line, *, count=200):
    """Go back to the beginning of the log; the numbers in the log's order."""
    numbers = []
    while line:
        found = before(run_id, text, line, count=count)
        numbers[:0] = [one.number for one in found.lines]
        assert found.next is None or found.next < line
        line = found.next
    return numbers


def test_the_last_lines_before_a_line_are_found(write):
    run_id = write(("stdout", "one\ntwo\nOne\none\nend"))

    assert all_before(run_id, "one", 4) == [1, 3]
    assert all_before(run_id, "one", 1) == []
    assert all_before(run_id, "end", 10**15) == [5]


def test_more_than_are_asked_for_are_the_last_ones(write):
    run_id = write(("stdout", "x\n" * 10))

    found = before(run_id, "x", 10, count=3)

    assert [line.number for line in found.lines] == [7, 8, 9]
    assert found.next == 7
    assert all_before(run_id, "x", 10, count=3) == list(range(1, 10))


@pytest.mark.parametrize("seed", range(12))
def test_it_finds_what_a_search_forwards_finds(write, short_stretches, seed):
    dice = random.Random(seed)
    text = "".join(
        dice.choice(["a\n", "needle\n", "nee", "dle", "\n", "b"]) for _ in range(120)
    )
    blocks = []
    while text:
        size = dice.randint(1, 9)
        blocks.append((dice.choice(["stdout", "stderr"]), text[:size]))
        text = text[size:]
    run_id = write(*blocks)
    line = dice.randint(1, 90)

    forwards = logs.search_lines(
        run_id,
        "needle",
        is_case_sensitive=False,
        after_line=0,
        count=200,
        is_numbered=True,
    )

    wanted = [one.number for one in forwards.lines if one.number < line]
    assert all_before(run_id, "needle", line) == wanted


def test_a_gap_is_stepped_over(write, short_stretches):
    lines = "".join(f"line {n} needle\n" for n in range(1, 3000))
    run_id = write(("stdout", lines), limit_bytes=20_000)
    gap = logs.summarize(run_id).gap

    numbers = all_before(run_id, "needle", 10**9)

    assert numbers[0] == 1
    assert numbers[-1] == 2999
    assert gap.next_line in numbers or gap.next_line + 1 in numbers
    assert not any(gap.after_line < n < gap.next_line for n in numbers)


def test_a_line_of_many_rows_is_found_once(write, short_stretches):
    parts = [("stdout", "x" * 50)] * 30
    run_id = write(
        ("stdout", "first\nnee"), ("stdout", "dle"), *parts, ("stdout", "\nz")
    )

    assert all_before(run_id, "needle", 10**9) == [2]
    assert all_before(run_id, "first", 10**9) == [1]


def test_rows_that_do_not_know_their_lines_are_searched_too(write):
    run_id = write(("stdout", "one\ntwo\n"), ("stderr", "one\n"))
    LogChunk.objects.update(lines_before=None)

    assert all_before(run_id, "one", 3) == [1]
    assert all_before(run_id, "one", 4) == [1, 3]


def test_a_search_that_reads_too_much_says_where_to_go_on(
    write, short_stretches, monkeypatch
):
    monkeypatch.setattr(search, "SCAN_CHARS", 1)
    monkeypatch.setattr(backwards, "SCAN_CHARS", 1)
    run_id = write(("stdout", "needle\n"), *[("stdout", "x\n"), ("stderr", "x\n")] * 20)

    found = before(run_id, "needle", 41)

    assert found.lines == []
    assert 1 < found.next < 41
    assert all_before(run_id, "needle", 41) == [1]
