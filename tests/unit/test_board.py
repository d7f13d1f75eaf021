"""What the parts of a cluster say of themselves in shared memory."""

from __future__ import annotations

import multiprocessing

import pytest

from apps.runs import state
from apps.runs.state import Board, Phase


@pytest.fixture
def board(monkeypatch):
    monkeypatch.setattr(state, "_place", [])
    return Board(2)


def test_a_slot_says_what_it_does(board):
    state.take_place(board, 1)
    state.beat(Phase.LEADING)

    phase, silent_s = board.slot(1)

    assert (phase, board.slot(0)[0]) == (Phase.LEADING, Phase.STARTING)
    assert 0 <= silent_s < 5


def test_outside_a_cluster_there_is_nobody_to_tell(board):
    state.beat()

    assert board.slot(0)[0] is Phase.STARTING


def test_what_another_process_says_is_seen_here(board):
    child = multiprocessing.get_context("fork").Process(
        target=board.slot_beats, args=(0, Phase.BUSY)
    )
    child.start()
    child.join()

    assert board.slot(0)[0] is Phase.BUSY


def test_a_pool_that_is_not_well_grows_old_while_its_sentinel_speaks(board):
    board._pool.value -= 100
    board._sentinel.value -= 100
    board.sentinel_beats(pool_is_well=False)

    assert board.sentinel_silent_s() < 5
    assert board.pool_unwell_s() >= 100

    board.sentinel_beats(pool_is_well=True)
    assert board.pool_unwell_s() < 5


def test_tick_says_that_it_is_at_work(board):
    board._tick.value -= 100
    assert board.tick_silent_s() >= 100

    board.tick_beats()

    assert board.tick_silent_s() < 5


def test_between_two_slow_things_tick_says_that_it_goes_on(board):
    state.take_place_of_tick(board)
    board._tick.value -= 100

    state.alive()
    state.beat()

    assert board.tick_silent_s() < 5
    assert board.slot(0)[0] is Phase.STARTING


def test_between_two_slow_things_a_slot_says_that_it_does_what_it_did(board):
    state.take_place(board, 1)
    state.beat(Phase.LEADING)
    board._beats[1] -= 100

    state.alive()

    phase, silent_s = board.slot(1)
    assert (phase, silent_s < 5) == (Phase.LEADING, True)
