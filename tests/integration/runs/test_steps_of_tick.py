"""What one step of tick cannot do keeps the others from nothing."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from apps.runs import state, ticking


@pytest.fixture
def board(monkeypatch):
    board = state.Board(1)
    monkeypatch.setattr(state, "_place", [(board, None)])
    return board


def fail_with(error):
    def step():
        raise error

    return step


@pytest.mark.parametrize("error", [ValueError("odd"), OSError("no fork"), KeyError(1)])
def test_a_step_that_fails_is_said_and_the_next_is_taken(caplog, error):
    assert ticking._guarded(fail_with(error)) is None
    assert ticking._guarded(lambda: 3) == 3

    [said] = caplog.records
    assert said.message == "A step of tick failed; the next tick tries again"
    assert said.exc_info[1] is error


def test_a_database_that_is_away_is_said_once_and_is_no_traceback(caplog, monkeypatch):
    monkeypatch.setattr(ticking.db.connections, "close_all", lambda: None)
    monkeypatch.setattr(ticking, "_complained_at", [-ticking.COMPLAIN_S])

    for _tick in range(3):
        assert ticking._guarded(fail_with(OperationalError("server closed"))) is None

    [said] = caplog.records
    assert said.message.endswith("when the database answers again: server closed")
    assert said.exc_info is None


def test_a_step_that_is_told_to_stop_stops_tick():
    with pytest.raises(ticking.Stopped):
        ticking._guarded(fail_with(ticking.Stopped()))


def test_before_each_step_tick_says_that_it_is_at_work(board):
    board._tick.value -= 100

    ticking._guarded(lambda: None)

    assert board.tick_silent_s() < 5
