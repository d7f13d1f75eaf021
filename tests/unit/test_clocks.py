"""How far a host's clock is from the database's, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.runs.clocks import ahead_s, clock_sentence, is_wrong

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("asked", "theirs", "told", "expected"),
    [
        (0, 0, 0, 0),
        (0, 0.25, 0.5, 0),
        (3600, 0.1, 3600.2, 3600),
        (-3600, 0.1, -3599.8, -3600),
    ],
)
def test_the_answer_is_taken_for_half_of_the_way_back(asked, theirs, told, expected):
    assert ahead_s(after(asked), after(theirs), after(told)) == expected


@pytest.mark.parametrize("told", [1.5, 60, -1])
def test_an_answer_that_took_long_says_nothing(told):
    assert ahead_s(after(0), after(0), after(told)) is None


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (None, ""),
        (0.0, ""),
        (5.0, ""),
        (-5.0, ""),
        (5.9, "6 s ahead of the database's clock"),
        (-3600.2, "3600 s behind the database's clock"),
    ],
)
def test_only_a_clock_that_is_wrong_is_spoken_of(seconds, sentence):
    assert clock_sentence(seconds) == sentence
    assert is_wrong(seconds) is bool(sentence)
