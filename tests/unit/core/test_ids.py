"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

import time_machine

from apps.core import ids
from apps.core.ids import first_uuid7, uuid7


def milliseconds(value: uuid.UUID) -> int:
    """Return the time in it, as RFC 9562 places it."""
    return value.int >> 80


def test_it_is_a_uuid_of_version_7():
    value = uuid7()
    assert value.version == 7
    assert value.variant == uuid.RFC_4122


def test_it_tells_when_it_was_made(monkeypatch):
    # Other tests of this process may have made some in the future.
    monkeypatch.setattr(ids, "_last", 0)
    before = time.time_ns() // 1_000_000
    made = milliseconds(uuid7())
    assert before <= made <= time.time_ns() // 1_000_000 + 1


def test_each_is_greater_than_the_one_before():
    made = [uuid7() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_a_clock_that_is_set_back_gives_no_smaller_one():
    now = uuid7()
    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC)):
        later = [uuid7(), uuid7()]
    assert [now, *later] == sorted({now, *later})


def test_threads_never_get_the_same():
    made: list[uuid.UUID] = []
    threads = [
        threading.Thread(target=lambda: made.extend(uuid7() for _ in range(2000)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({value.int >> 64 for value in made}) == 8000


def test_the_first_of_a_moment_parts_those_before_from_those_after():
    made = uuid7()
    moment = datetime.fromtimestamp(milliseconds(made) / 1000, UTC)

    assert first_uuid7(moment) <= made < first_uuid7(moment + timedelta(milliseconds=2))
    assert first_uuid7(moment).version == 7
