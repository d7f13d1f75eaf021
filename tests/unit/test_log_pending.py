"""What of a log waits in memory stays small, and nothing falls out in the middle."""

from __future__ import annotations

import pytest

from apps.runs.logs.pending import ROW_COST, PendingRow, Tail, pieces


@pytest.mark.parametrize("size", [4, 5, 6, 7, 100])
@pytest.mark.parametrize("text", ["", "a", "二" * 50, "a€" * 50, "😀" * 30, "aé" * 50])
def test_pieces_end_between_characters(text, size):
    parts = list(pieces(text.encode(), size))

    assert all(len(part) <= size for part in parts)
    assert "".join(part.decode() for part in parts) == text


def add(tail, seq, size):
    tail.add(PendingRow(seq, "stdout", 0, bytearray(size)))
    tail.charge(ROW_COST)
    tail.charge(size)


def fill(tail, count, size=1000):
    for seq in range(1, count + 1):
        add(tail, seq, size)


def test_below_its_limits_nothing_is_cut_out():
    tail = Tail(100_000, 50_000)

    fill(tail, 40)

    assert (tail.cut_upto, tail.cut_bytes, len(tail.pending)) == (0, 0, 40)


def test_what_waits_is_dropped_from_its_oldest_end():
    tail = Tail(100_000, 50_000)

    fill(tail, 200)

    kept = [row.seq for row in tail.pending]
    assert kept == list(range(tail.cut_upto + 1, 201))
    assert tail.cut_bytes == tail.cut_upto * 1000
    assert sum(row.cost for row in tail.pending) <= 50_000


def test_when_what_waits_is_too_much_all_that_was_written_goes_first():
    tail = Tail(100_000, 50_000)
    fill(tail, 40)
    tail.written()

    for seq in range(41, 101):
        add(tail, seq, 1000)

    assert tail.cut_upto >= 40
    assert [row.seq for row in tail.pending] == list(range(tail.cut_upto + 1, 101))


def test_what_was_written_is_named_when_the_tail_is_too_long():
    tail = Tail(100_000, 50_000)
    for seq in range(1, 201):
        add(tail, seq, 1000)
        tail.written()

    rows = 200 - tail.cut_upto
    assert 80_000 < rows * (1000 + ROW_COST) <= 100_000
    assert tail.cut_bytes == tail.cut_upto * 1000


def test_the_newest_row_stays_however_long_it_is():
    tail = Tail(100, 100)

    fill(tail, 3, size=5000)

    assert [row.seq for row in tail.pending] == [3]
    assert (tail.cut_upto, tail.cut_bytes) == (2, 10_000)
