"""The next error of a log: a line that says so, or the first where stderr begins."""

from __future__ import annotations

import random
from functools import partial

import pytest

from apps.runs import logs
from apps.runs.logs import errors, rows, search

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(write):
    return partial(write, is_flushed=True)


def error_behind(run_id, line):
    return logs.find_error(run_id, after_line=line, is_numbered=True)


def all_errors(run_id):
    numbers, line = [], 0
    while line is not None:
        found = error_behind(run_id, line)
        numbers += [one.number for one in found.lines]
        line = found.next
    return numbers


@pytest.mark.parametrize(
    "line",
    [
        "ERROR: disk full",
        "ValueError: 3",
        "an Exception happened",
        "Traceback (most recent call last):",
        "fatal: not a repository",
        "CRITICAL high load",
    ],
)
def test_a_line_that_says_so_is_an_error(write, line):
    assert all_errors(write(("stdout", f"fine\n{line}\nfine\n"))) == [2]


def test_a_log_without_one_says_that_it_ends(write):
    found = error_behind(write(("stdout", "fine\n" * 9)), 0)

    assert (found.lines, found.next) == ([], None)


def test_the_first_line_of_stderr_is_an_error_and_those_behind_it_are_not(write):
    run_id = write(
        ("stdout", "1\n2\n"),
        ("stderr", "3\n4\n5 error\n"),
        ("stdout", "6\n"),
        ("stderr", "7\n8\n"),
    )

    assert all_errors(run_id) == [3, 5, 7]


def test_a_log_that_begins_on_stderr_begins_with_an_error(write):
    assert all_errors(write(("stderr", "a\nb\n"), ("stderr", "c\n"))) == [1]


def test_what_follows_the_line_asked_for_knows_its_stream(write):
    run_id = write(("stdout", "1\n"), ("stderr", "2\n3\n4\n"), ("stdout", "5\n"))

    for line in (2, 3, 4, 5):
        assert error_behind(run_id, line).lines == []


def test_an_error_is_found_across_rows_and_in_the_line_that_is_not_ended(write):
    run_id = write(("stdout", "a\nan er"), ("stdout", "ror\nb\nfa"), ("stdout", "tal"))

    assert all_errors(run_id) == [2, 4]


def test_a_line_is_of_the_stream_it_began_with(write):
    run_id = write(("stdout", "1 out"), ("stderr", " and err\n2"), ("stderr", "\n3\n"))

    assert all_errors(run_id) == [2]


def expected(blocks):
    """What the errors are, told line by line."""
    lines = [["", ""]]
    for stream, text in blocks:
        for character in text:
            lines[-1][0] = lines[-1][0] or stream
            if character == "\n":
                lines.append(["", ""])
            else:
                lines[-1][1] += character
    if not lines[-1][1]:
        lines.pop()
    found, before = [], ""
    for number, (stream, text) in enumerate(lines, start=1):
        if stream == "stderr" != before or any(w in text for w in errors.WORDS):
            found.append(number)
        before = stream
    return found


@pytest.mark.parametrize("at_once", [1, 30, 2**16])
@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_same_however_the_log_lies_in_rows(write, monkeypatch, seed, at_once):
    monkeypatch.setattr(search, "GROUP_CHARS", at_once)
    monkeypatch.setattr(rows, "FIRST_ROWS", 3)
    monkeypatch.setattr(rows, "MOST_ROWS", 4)
    dice = random.Random(seed)
    pieces = ["a\n", "b", "\n", "an error\n", "err", "or", "c\nd\n"]
    blocks = []
    for _ in range(60):
        # Seldom, so that many groups hold one stream only.
        stream = "stderr" if dice.random() < 0.2 else "stdout"
        blocks.append((stream, dice.choice(pieces)))

    assert all_errors(write(*blocks)) == expected(blocks)


def test_a_search_that_reads_too_much_says_where_to_go_on(write, monkeypatch):
    monkeypatch.setattr(errors, "SCAN_CHARS", 1)
    monkeypatch.setattr(rows, "FIRST_ROWS", 1)
    monkeypatch.setattr(rows, "MOST_ROWS", 1)
    run_id = write(
        *[("stdout", "fine\n"), ("stdout", "fine\n")] * 5, ("stdout", "fatal\n")
    )

    found = error_behind(run_id, 0)

    assert found.lines == []
    assert found.next >= 1
    assert all_errors(run_id) == [11]
