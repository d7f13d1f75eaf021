"""What the processes of one cluster share: its name, whether it drains, who is well.

Set up in the cluster's main process before it forks; all times are monotonic seconds,
which are one clock for all processes of a host.
"""

from __future__ import annotations

import enum
import multiprocessing
import os
import socket
import time
import uuid

# What a worker's query may take at most.
DATABASE_WAIT_S = 5.0
# How often a slot that waits for its turn says that it is well.
FOLLOWING_BEAT_S = 2.0


class Phase(enum.IntEnum):
    """What a slot does: only one that leads waits for work, the others for its turn."""

    STARTING = 0
    FOLLOWING = 1
    LEADING = 2
    BUSY = 3


class Board:
    """Shared memory in which the parts of a cluster say that they are well.

    Each value has one writer. Plain values without a lock: a process that is killed
    can leave nothing locked.
    """

    def __init__(self, slots: int) -> None:
        now = time.monotonic()
        self._sentinel = multiprocessing.RawValue("d", now)
        self._pool = multiprocessing.RawValue("d", now)
        self._tick = multiprocessing.RawValue("d", now)
        self._look = multiprocessing.RawValue("d", 0.0)
        self._phases = multiprocessing.RawArray("b", slots)
        self._beats = multiprocessing.RawArray("d", [now] * slots)

    @property
    def look_at(self) -> float:
        """When the slot that leads is to look into the table for waiting runs."""
        return float(self._look.value)

    @look_at.setter
    def look_at(self, moment: float) -> None:
        self._look.value = moment

    def slot_beats(self, index: int, phase: Phase) -> None:
        """Say what a slot does; it repeats that at least once a second or so."""
        self._phases[index] = phase
        self._beats[index] = time.monotonic()

    def slot(self, index: int) -> tuple[Phase, float]:
        """Return what a slot does, and for how long it has said nothing."""
        return Phase(self._phases[index]), time.monotonic() - self._beats[index]

    def sentinel_beats(self, *, pool_is_well: bool) -> None:
        """Say that the sentinel is at work, and whether all its slots are too."""
        self._sentinel.value = time.monotonic()
        if pool_is_well:
            self._pool.value = time.monotonic()

    def tick_beats(self) -> None:
        """Say that tick is at work."""
        self._tick.value = time.monotonic()

    def sentinel_silent_s(self) -> float:
        """Return for how long the sentinel has said nothing."""
        return float(time.monotonic() - self._sentinel.value)

    def pool_unwell_s(self) -> float:
        """Return for how long not all slots have been well."""
        return float(time.monotonic() - self._pool.value)

    def tick_silent_s(self) -> float:
        """Return for how long tick has said nothing."""
        return float(time.monotonic() - self._tick.value)


# When draining began; 0 while it has not.
_drain = multiprocessing.RawValue("d", 0.0)
# This process's place on the board: its number as a slot, or None as tick.
_place: list[tuple[Board, int | None]] = []

worker_name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def start_draining() -> None:
    """Refuse new runs from now on. Called in a signal handler: takes no lock."""
    if not _drain.value:
        _drain.value = time.monotonic()


def draining_s() -> float | None:
    """Return for how many seconds the cluster has been draining; None if it is not."""
    since = _drain.value
    return time.monotonic() - since if since else None


def take_place(board: Board, index: int) -> None:
    """Be the slot of this number from now on."""
    _place[:] = [(board, index)]
    beat(Phase.STARTING)


def take_place_of_tick(board: Board) -> None:
    """Be tick from now on."""
    _place[:] = [(board, None)]
    alive()


def beat(phase: Phase = Phase.BUSY) -> None:
    """Say that this slot is at work; outside a cluster there is nobody to tell."""
    for board, index in _place:
        if index is not None:
            board.slot_beats(index, phase)


def alive() -> None:
    """Say that this slot goes on with what it does, or that tick does.

    Called between any two things that may each take seconds, such as queries.
    """
    for board, index in _place:
        if index is None:
            board.tick_beats()
        else:
            board.slot_beats(index, board.slot(index)[0])
