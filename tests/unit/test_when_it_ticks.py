"""When tick looks again: just after whole seconds, for which most fires are planned."""

from __future__ import annotations

import pytest

from apps.runs.ticking import pause_s


@pytest.mark.parametrize(
    ("now", "pause"),
    [(100.0, 0.02), (100.03, 0.99), (100.52, 0.5), (100.02, 1.0), (107.01, 0.01)],
)
def test_the_next_tick_comes_just_after_a_whole_second(settings, now, pause):
    settings.TICK_S = 1

    assert pause_s(now, 0.02) == pytest.approx(pause)


def test_a_tick_that_took_long_is_followed_by_the_next_one_in_step(settings):
    settings.TICK_S = 0.1

    assert pause_s(100.34, 0.02) == pytest.approx(0.08)
