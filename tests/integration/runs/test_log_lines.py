"""A log is read by its lines, whose numbers stay the same."""

from __future__ import annotations

import pytest

from apps.runs import logs
from apps.runs.logs import Gap, LogWriter, lines, rows, search
from apps.runs.models import LogChunk

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_pages(monkeypatch):
    """A page of few rows, so that a small log has many."""
    monkeypatch.setattr(rows, "FIRST_ROWS", 2)
    monkeypatch.setattr(rows, "MOST_ROWS", 3)


def numbered(count, *, start=1):
    return "".join(f"line {n}\n" for n in range(start, start + count))


def range_of(run_id, first, last):
    log = logs.summarize(run_id)
    found = logs.read_lines(run_id, first, last, is_numbered=log.is_numbered)
    return [(line.number, line.text) for line in found]


def found_in(run_id, text, *, case=False, after_line=0, count=200):
    log = logs.summarize(run_id)
    return logs.search_lines(
        run_id,
        text,
        is_case_sensitive=case,
        after_line=after_line,
        count=count,
        is_numbered=log.is_numbered,
    )


def numbers_of(found):
    return [line.number for line in found.lines]


def test_an_empty_log_has_no_lines(run):
    assert logs.summarize(run.pk).lines == 0
    assert range_of(run.pk, 1, 10) == []
    assert found_in(run.pk, "x").lines == []


def test_a_line_ends_at_a_newline_and_the_last_one_counts_without(write):
    run_id = write(("stdout", "one\n\nthree\r\nfour"))

    assert logs.summarize(run_id).lines == 4
    assert range_of(run_id, 1, 9) == [(1, "one"), (2, ""), (3, "three\r"), (4, "four")]


def test_lines_are_counted_over_both_streams(write):
    run_id = write(("stdout", "1\n2"), ("stderr", "b\n3\n"), ("stdout", "4\n"))

    found = logs.read_lines(run_id, 1, 4, is_numbered=True)

    assert [(line.number, line.stream, line.text) for line in found] == [
        (1, "stdout", "1"),
        (2, "stdout", "2b"),
        (3, "stderr", "3"),
        (4, "stdout", "4"),
    ]


@pytest.mark.parametrize(
    ("first", "last"), [(1, 1), (1, 3), (499, 502), (998, 1000), (1000, 1005)]
)
def test_a_range_is_what_was_asked_for(write, small_pages, first, last):
    blocks = [("stdout", numbered(10, start=n)) for n in range(1, 1000, 10)]
    turns = [(("stdout", "stderr")[n % 2], text) for n, (_, text) in enumerate(blocks)]
    run_id = write(*turns)

    assert range_of(run_id, first, last) == [
        (n, f"line {n}") for n in range(first, min(last, 1000) + 1)
    ]


def test_a_range_of_a_large_log_reads_a_few_rows_only(
    write, django_assert_max_num_queries
):
    run_id = write(
        *[("stdout", numbered(5000, start=n)) for n in range(1, 200_000, 5000)]
    )

    with django_assert_max_num_queries(12) as queries:
        found = logs.read_lines(run_id, 150_000, 150_010, is_numbered=True)

    assert [line.number for line in found] == list(range(150_000, 150_011))
    texts = [q["sql"] for q in queries if '"text"' in q["sql"]]
    assert texts
    assert all("LIMIT" in sql or '"seq" < ' in sql for sql in texts)


def test_numbers_stay_the_same_while_the_tail_moves(run):
    log = LogWriter(run.pk, limit_bytes=20_000)
    for turn in range(20):
        log.write("stdout", numbered(500, start=turn * 500 + 1).encode())
        log.flush()
        last = (turn + 1) * 500
        assert logs.summarize(run.pk).lines == last
        assert range_of(run.pk, last - 9, last) == [
            (n, f"line {n}") for n in range(last - 9, last + 1)
        ]
    assert range_of(run.pk, 1, 10)[-1] == (10, "line 10")


def test_a_range_over_the_gap_has_the_mark_in_its_place(write):
    run_id = write(
        *[("stdout", numbered(50, start=n)) for n in range(1, 5001, 50)],
        limit_bytes=20_000,
    )
    gap = logs.summarize(run_id).gap

    found = logs.read_lines(
        run_id, gap.after_line - 1, gap.next_line + 1, is_numbered=True
    )

    before, end, mark, start, after = found
    assert (before.number, end.number) == (gap.after_line - 1, gap.after_line)
    assert (mark.number, mark.stream) == (None, "hub")
    assert "bytes cut out here" in mark.text
    assert (start.number, after.number) == (gap.next_line, gap.next_line + 1)
    assert after.text == f"line {after.number}"
    assert (before.is_cut, start.is_cut, after.is_cut) == (False, True, False)


def test_a_range_inside_the_gap_is_the_mark_alone(write):
    run_id = write(("stdout", numbered(5000)), limit_bytes=20_000)
    gap = logs.summarize(run_id).gap
    middle = (gap.after_line + gap.next_line) // 2

    ((number, text),) = range_of(run_id, middle, middle + 3)

    assert number is None
    assert "bytes cut out here" in text


def test_of_one_line_that_was_cut_both_ends_are_shown(write):
    run_id = write(("stdout", "a" * 50_000), ("stdout", "z" * 50_000), limit_bytes=4096)

    assert logs.summarize(run_id).gap == Gap(1, 1)
    (head, mark, tail) = range_of(run_id, 1, 1)
    assert (head[0], mark[0], tail[0]) == (1, None, 1)
    assert (set(head[1]), set(tail[1])) == ({"a"}, {"z"})


def test_a_log_that_was_not_cut_has_no_gap(run):
    log = LogWriter(run.pk, limit_bytes=2**20)
    log.write("stdout", b"one")
    log.note("[automation-hub: first]\n")
    log.note("[automation-hub: second]\n")
    log.close()

    assert logs.summarize(run.pk).gap is None
    assert range_of(run.pk, 1, 5) == [
        (1, "one"),
        (None, "[automation-hub: first]"),
        (None, "[automation-hub: second]"),
    ]


@pytest.mark.parametrize("is_old", [False, True])
def test_what_the_hub_says_between_lines_has_no_number(run, is_old):
    log = LogWriter(run.pk, limit_bytes=2**20)
    log.write("stdout", b"one\n")
    log.note("[automation-hub: said]\n")
    log.write("stdout", b"two\n")
    log.close()
    if is_old:
        LogChunk.objects.filter(run=run).update(lines_before=None)

    assert logs.summarize(run.pk).lines == 2
    assert range_of(run.pk, 1, 2) == [
        (1, "one"),
        (None, "[automation-hub: said]"),
        (2, "two"),
    ]
    assert numbers_of(found_in(run.pk, "two")) == [2]


def test_rows_from_before_lines_were_counted_are_counted_by_the_reader(write, run):
    run_id = write(*[("stdout", numbered(700, start=n)) for n in range(1, 7001, 700)])
    LogChunk.objects.filter(run=run).update(lines_before=None)

    assert logs.summarize(run_id).lines == 7000
    assert range_of(run_id, 6999, 7002) == [(6999, "line 6999"), (7000, "line 7000")]
    assert numbers_of(found_in(run_id, "line 5000")) == [5000]


def test_old_rows_that_were_cut_are_counted_on(write, run):
    run_id = write(("stdout", numbered(5000)), limit_bytes=20_000)
    LogChunk.objects.filter(run=run).update(lines_before=None)

    log = logs.summarize(run_id)

    assert 0 < log.lines < 5000
    assert 0 < log.gap.after_line < log.gap.next_line + 1 <= log.lines
    assert range_of(run_id, log.lines, log.lines) == [(log.lines, "line 5000")]


def test_a_search_minds_the_case_only_if_asked(write):
    run_id = write(("stdout", "Straße\nSTRASSE\nstrasse\n"))

    assert numbers_of(found_in(run_id, "Strasse")) == [1, 2, 3]
    assert numbers_of(found_in(run_id, "STRASSE", case=True)) == [2]


@pytest.mark.parametrize("at_once", [1, 2**16])
@pytest.mark.parametrize("split", range(1, 12))
def test_a_match_is_found_across_rows(write, monkeypatch, split, at_once):
    monkeypatch.setattr(search, "GROUP_CHARS", at_once)
    text = "before\nthe Needle x\nafter\n"
    blocks = [("stdout", text[:split]), ("stderr", text[split : split + 9])]
    run_id = write(*blocks, ("stdout", text[split + 9 :]))

    found = found_in(run_id, "THE NEEDLE")

    assert [(line.number, line.text) for line in found.lines] == [(2, "the Needle x")]


def test_no_match_is_made_of_the_end_of_a_line_and_the_next(write):
    run_id = write(("stdout", "nee\ndle\n"), ("stderr", "nee\n"), ("stdout", "dle"))

    assert found_in(run_id, "needle").lines == []


def test_a_search_among_many_small_rows(write, small_pages):
    blocks = [(("stdout", "stderr")[n % 2], f"line {n}\n") for n in range(1, 3001)]
    run_id = write(*blocks)

    found = found_in(run_id, "line 299")

    assert numbers_of(found) == [299, *range(2990, 3000)]
    assert [line.stream for line in found.lines[:2]] == ["stderr", "stdout"]


def test_a_search_goes_on_where_it_ended(write, monkeypatch):
    run_id = write(("stdout", numbered(1000)))
    numbers, after_line = [], 0
    for _turn in range(4):
        found = found_in(run_id, "line", after_line=after_line, count=300)
        numbers += numbers_of(found)
        after_line = found.next

    assert numbers == list(range(1, 1001))
    assert after_line is None


def test_a_full_answer_at_the_end_of_the_log_is_the_last(write):
    run_id = write(("stdout", numbered(10)))

    assert found_in(run_id, "line", count=10).next is None
    assert found_in(run_id, "line", count=9).next == 9


def test_a_search_that_reads_too_much_says_where_to_go_on(
    write, small_pages, monkeypatch
):
    monkeypatch.setattr(search, "SCAN_CHARS", 200_000)
    blocks = [("stdout", numbered(5000, start=n)) for n in range(1, 100_000, 5000)]
    run_id = write(*blocks)
    after_line, turns, numbers = 0, 0, []
    while after_line is not None:
        found = found_in(run_id, "line 99999", after_line=after_line)
        numbers += numbers_of(found)
        turns += 1
        after_line = found.next

    assert numbers == [99999]
    assert turns > 2


def test_a_match_far_right_in_a_long_line_is_shown(write):
    filler = "-" * 50_000
    run_id = write(("stdout", filler), ("stdout", f"{filler}needle{filler}\nnext\n"))

    (line,) = found_in(run_id, "Needle").lines

    assert (line.number, line.is_cut) == (1, True)
    assert line.text.index("needle") == search.CONTEXT_CHARS
    assert len(line.text) == lines.LINE_CHARS


def test_a_match_behind_the_gap_has_its_true_number(write):
    blocks = [("stdout", numbered(50, start=n)) for n in range(1, 5001, 50)]
    run_id = write(*blocks, limit_bytes=20_000)

    assert numbers_of(found_in(run_id, "line 4990")) == [4990]
    assert numbers_of(found_in(run_id, "line 2500")) == []
    assert found_in(run_id, "automation-hub").lines == []


def test_no_match_is_made_across_a_gap(run):
    for seq, stream, text, before in (
        (1, "stdout", "a nee", 0),
        (2, "hub", "\n[automation-hub: 9 bytes cut out here]\n", 0),
        (5, "stdout", "dle b\nc", 7),
    ):
        LogChunk.objects.create(
            run=run, seq=seq, stream=stream, text=text, lines_before=before
        )

    assert found_in(run.pk, "needle").lines == []
    ends = found_in(run.pk, "nee").lines + found_in(run.pk, "dle").lines
    assert [(line.number, line.text) for line in ends] == [(1, "a nee"), (8, "dle b")]
    assert ends[1].is_cut


def test_a_search_in_an_unfinished_line(write):
    run_id = write(("stdout", "done\nhalf a need"))

    assert numbers_of(found_in(run_id, "a need")) == [2]
