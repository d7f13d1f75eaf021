"""The line on stderr that a failed run's page shows first."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.runs.logs.last_error import LastError, last_error
from apps.runs.models import LogChunk

pytestmark = pytest.mark.django_db


def test_it_is_the_last_line_on_stderr_with_its_number(run, write):
    write(("stdout", "one\ntwo\n"), ("stderr", "three\nKeyError: 4\n"))

    assert last_error(run.pk) == LastError(4, "KeyError: 4")


def test_what_follows_on_stdout_does_not_hide_it(run, write):
    write(("stderr", "oh\n"), ("stdout", "bye\n" * 100))

    assert last_error(run.pk) == LastError(1, "oh")


def test_empty_lines_say_nothing(run, write):
    write(("stderr", "oh\n\n   \n\x1b[0m\n"))

    assert last_error(run.pk) == LastError(1, "oh")


def test_a_line_in_several_pieces_is_shown_whole(run):
    LogChunk.objects.bulk_create(
        LogChunk(run=run, seq=seq, stream="stderr", text=text, lines_before=0)
        for seq, text in enumerate(("Key", "Err", "or\n"), start=1)
    )

    assert last_error(run.pk) == LastError(1, "KeyError")


def test_it_is_text_as_a_terminal_shows_it(run, write):
    write(("stderr", "\x1b[31mred\x1b[0m <b>\n"))

    assert last_error(run.pk) == LastError(1, "red <b>")


def test_a_log_of_an_earlier_version_has_no_numbers(run):
    LogChunk.objects.create(run=run, seq=1, stream="stderr", text="a\nb\n")

    assert last_error(run.pk) == LastError(None, "b")


def test_without_stderr_there_is_none(run, write):
    write(("stdout", "fine\n"))

    assert last_error(run.pk) is None


def test_only_the_end_of_a_long_log_is_looked_through(run):
    rows = [LogChunk(run=run, seq=1, stream="stderr", text="x\n", lines_before=0)]
    rows += [
        LogChunk(run=run, seq=n, stream="stdout", text="y\n", lines_before=n - 1)
        for n in range(2, 700)
    ]
    LogChunk.objects.bulk_create(rows)

    with CaptureQueriesContext(connection) as queries:
        assert last_error(run.pk) is None
    assert len(queries) == 2
