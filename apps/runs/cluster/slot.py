"""A slot: a process of the cluster that waits for work and runs one run at a time.

Slots take turns in waiting: the one that holds the lock on a file leads, that is, waits
for a hint and claims; then it lets go, and the next one leads. The kernel frees the lock
of a process that is killed, so nothing that dies can leave the others locked out; and
nothing is fetched ahead, to wait behind a long run while another cluster is idle.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import BinaryIO, TypeVar

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from apps.executor.processes import name_process
from apps.executor.starter import prepare_supervisor
from apps.runs import services, state, worker
from apps.runs.cluster.hints import Hints
from apps.runs.state import Phase

T = TypeVar("T")

logger = logging.getLogger(__name__)

# A slot makes room for a fresh fork after so many runs: what leaks, leaks little.
RUNS_A_PROCESS = 500
# How long a slot that leads leaves a database alone that did not answer.
PAUSE_S = 1.0


class Told(BaseException):
    """This slot is to end, and waits. No error: nothing may catch it as one."""


class Slot:
    """One slot's process, from its fork to its end."""

    def __init__(self, turn: BinaryIO, board: state.Board) -> None:
        self._turn = turn
        self._hints = Hints(settings.QUEUE, board)
        self._is_told = False
        self._is_idle = False
        self._was_refused = False

    def serve(self) -> None:
        """Take one run after the other until SIGTERM; a run that goes on is ended."""
        # A terminal sends SIGINT to all of us; the main process decides what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._be_told)
        signal.signal(signal.SIGALRM, _say_it_follows)
        with contextlib.suppress(Told):
            for _ in range(RUNS_A_PROCESS):
                if (claim := self._next()) is None:
                    return
                state.beat()
                worker.Execution(claim).perform()

    def _be_told(self, signum: int, frame: FrameType | None) -> None:
        self._is_told = True
        if self._is_idle:
            self._is_idle = False
            raise Told

    def _next(self) -> services.Claim | None:
        """Wait for a turn, then for a run; None when it is time to end."""
        with self._lead():
            while not self._is_told and state.draining_s() is None:
                state.beat(Phase.LEADING)
                try:
                    if claim := self._try():
                        return claim
                except DatabaseError as exc:
                    logger.warning("Waiting for the database: %s", exc)
                    close_old_connections()
                    self._idle(time.sleep, PAUSE_S)
        return None

    def _try(self) -> services.Claim | None:
        if self._is_refused():
            self._idle(time.sleep, PAUSE_S)
            return None
        if not self._idle(self._hints.wait):
            return None
        claim = worker.take()
        if claim is None:
            self._hints.found_none()
        return claim

    def _is_refused(self) -> bool:
        """Whether this worker must not start runs now; says when that begins and ends."""
        problem = services.storage_problem()
        if bool(problem) != self._was_refused:
            # Not at each change: what is left on a full disk changes all the time.
            self._was_refused = bool(problem)
            logger.warning("%s", problem or "New runs start again.")
        return self._was_refused

    @contextlib.contextmanager
    def _lead(self) -> Iterator[None]:
        state.beat(Phase.FOLLOWING)
        prepare_supervisor()
        # The kernel lets this process sleep until it is its turn, but for this.
        every_s = state.FOLLOWING_BEAT_S
        signal.setitimer(signal.ITIMER_REAL, every_s, every_s)
        try:
            self._idle(fcntl.lockf, self._turn, fcntl.LOCK_EX)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            yield
        finally:
            fcntl.lockf(self._turn, fcntl.LOCK_UN)

    def _idle(self, wait: Callable[..., T], *args: object) -> T:
        """Call something that waits, and that SIGTERM may interrupt."""
        self._is_idle = True
        try:
            if self._is_told:
                raise Told
            return wait(*args)
        finally:
            self._is_idle = False


def _say_it_follows(signum: int, frame: FrameType | None) -> None:
    state.beat(Phase.FOLLOWING)


def serve(board: state.Board, index: int, turn: BinaryIO) -> None:
    """Be the slot of this number. The sentinel forks a process for it."""
    name_process(f"hub-slot-{index + 1}")
    state.take_place(board, index)
    Slot(turn, board).serve()
