"""Errors of one kind have one fingerprint."""

from __future__ import annotations

import pytest

from apps.runs.fingerprints import LENGTH, fingerprint_of

SAME = {
    "ValueError: row 17 of /srv/in/2026-03-01.csv": "ValueError: row 99 of /mnt/x/b.csv",
    "at 2026-03-01T10:00:00Z: no route": "at 2026-11-27 08:00:01.5: no route",
    "job 0191c5f0-0000-7000-8000-000000000001 lost": "job "
    "0191c5f0-aaaa-7000-8000-0000000000ff lost",
    "object at 0x7f00aa gone": "object at 0x1 gone",
    "\x1b[31mtimeout after 3.2 s\x1b[0m": "timeout after 30 s",
}


@pytest.mark.parametrize(("one", "other"), SAME.items())
def test_numbers_ids_paths_and_times_make_no_difference(one, other):
    assert fingerprint_of(one) == fingerprint_of(other) != ""


def test_other_words_do():
    assert fingerprint_of("KeyError: a") != fingerprint_of("KeyError: b")


def test_it_is_the_last_line_that_says_anything():
    assert fingerprint_of("Traceback\n  File x\nKeyError: a\n\n") == "KeyError: a"
    assert fingerprint_of("\n \n") == ""


def test_it_is_never_long():
    assert len(fingerprint_of("x" * 5000)) == LENGTH
