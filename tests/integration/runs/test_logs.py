"""Any bytes that a script prints become rows that every database takes."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.runs import logs
from apps.runs.logs import LogWriter, writer
from apps.runs.logs.pending import ROW_COST
from apps.runs.models import LogChunk

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_run):
    return make_run(status="running")


def written(run):
    return list(
        LogChunk.objects.filter(run=run).order_by("seq").values_list("stream", "text")
    )


def write_all(run, *blocks, limit_bytes=2**20):
    log = LogWriter(run.pk, limit_bytes=limit_bytes)
    for stream, block in blocks:
        log.write(stream, block)
    log.close()
    return log


def test_both_streams_are_one_sequence(run):
    write_all(run, ("stdout", b"a"), ("stderr", b"b"), ("stdout", b"c"))

    assert written(run) == [("stdout", "a"), ("stderr", "b"), ("stdout", "c")]


def test_a_character_may_come_in_two_blocks(run):
    euro = "€".encode()

    write_all(run, ("stdout", euro[:1]), ("stdout", euro[1:]))

    assert written(run) == [("stdout", "€")]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"a\0b", "a\u2400b"),
        (b"\r\x1b[31m", "\r\x1b[31m"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"half \xe2\x82", "half \ufffd"),
    ],
)
def test_bytes_that_are_no_text_are_made_visible(run, raw, text):
    write_all(run, ("stdout", raw))

    assert written(run) == [("stdout", text)]


def test_nothing_printed_is_no_row(run):
    write_all(run)

    assert written(run) == []


def test_what_waits_is_written_when_it_is_due(run, monkeypatch):
    log = LogWriter(run.pk, limit_bytes=2**20)
    log.write("stdout", b"now")
    assert written(run) == []

    monkeypatch.setattr(writer, "FLUSH_S", 0)
    log.flush_if_due()

    assert written(run) == [("stdout", "now")]


def test_head_and_tail_are_kept_with_a_mark_between(run):
    lines = [(f"line {n:05}" + "." * 89 + "\n").encode() for n in range(5000)]

    log = write_all(
        run,
        *(("stdout", b"".join(lines[n : n + 100])) for n in range(0, 5000, 100)),
        limit_bytes=400_000,
    )

    text = "".join(logs.read_text(run.pk))
    assert log.bytes_seen == 500_000
    assert len(text) < 400_000 + 1000
    assert text.startswith("line 00000")
    assert text.endswith(lines[-1].decode())
    marks = [text for stream, text in written(run) if stream == "hub"]
    assert len(marks) == 1
    cut = int(marks[0].split(" bytes")[0].rpartition(" ")[2])
    assert cut == 500_000 - (len(text) - len(marks[0]))


def test_a_log_under_the_limit_is_whole(run):
    write_all(run, ("stdout", b"x" * 300_000), limit_bytes=400_000)

    assert "".join(logs.read_text(run.pk)) == "x" * 300_000


def test_one_long_line_becomes_rows_of_bounded_size(run):
    write_all(run, *([("stdout", b"x" * 65536)] * 20), limit_bytes=2**24)

    sizes = [len(text) for _stream, text in written(run)]
    assert sum(sizes) == 20 * 65536
    assert max(sizes) <= writer.ROW_BYTES


def test_the_mark_says_how_much_was_cut_out_so_far(run):
    log = LogWriter(run.pk, limit_bytes=40_000)

    for _turn in range(2):
        log.write("stdout", b"x" * 100_000)
        log.flush()
        text = "".join(logs.read_text(run.pk))
        mark = next(text for stream, text in written(run) if stream == "hub")
        kept = text.count("x")
        assert f"{log.bytes_seen - kept} bytes cut out here" in mark


def test_what_would_be_cut_out_anyway_is_never_written(run, monkeypatch):
    monkeypatch.setattr(writer, "FLUSH_S", 3600)
    log = LogWriter(run.pk, limit_bytes=40_000)
    for number in range(100):
        log.write("stdout", b"%03d" % number * 10_000)

    with CaptureQueriesContext(connection) as queries:
        log.close()

    assert sum(len(query["sql"]) for query in queries) < 60_000
    text = "".join(logs.read_text(run.pk))
    assert text.startswith("000")
    assert text.endswith("099")


def test_many_rows_count_more_than_their_text(run):
    """Two streams that take turns cost a row for each character."""
    log = LogWriter(run.pk, limit_bytes=40_000)
    for _turn in range(1000):
        log.write("stdout", b"o")
        log.write("stderr", b"e")
    log.close()

    rows = LogChunk.objects.filter(run=run).count()
    assert 200 < rows < 40_000 / ROW_COST + 5


def test_the_smallest_limit_keeps_something_of_both_ends(run):
    write_all(run, ("stdout", b"a" * 100_000 + b"z" * 100_000), limit_bytes=1024)

    first, mark, last = written(run)
    assert set(first[1]) == {"a"}
    assert mark[0] == "hub"
    assert set(last[1]) == {"z"}


def test_each_row_knows_how_many_lines_came_before_it(run):
    write_all(
        run,
        ("stdout", b"1\n2\n"),
        ("stderr", b"3\n4"),
        ("stdout", b"\n5\n"),
    )

    rows = LogChunk.objects.filter(run=run).order_by("seq")
    assert list(rows.values_list("lines_before", flat=True)) == [0, 2, 3]
