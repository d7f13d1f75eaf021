"""The sentinel: keeps as many slots alive as there are WORKERS."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from multiprocessing.synchronize import Event
from typing import BinaryIO

from django import db
from django.conf import settings
from django_q.cluster import Sentinel

from apps.executor.processes import name_process
from apps.runs import state
from apps.runs.cluster.slot import serve
from apps.runs.cluster.wakeup import Wakeup
from apps.runs.state import Board, Phase

logger = logging.getLogger(__name__)

# How often it looks after its slots when none of them has ended.
GUARD_S = 1.0
# A slot that ends over and over is started at most so often.
RESTART_S = 1.0
# What a slot without a run may take to end; a database may hold it for so long.
IDLE_END_S = 5.0
# Who overslept by so much was stopped, or the whole host was.
ASLEEP_S = 3.0


@dataclass
class _Place:
    """A slot's number, and the process that is this slot now."""

    index: int
    process: ForkProcess | None = None
    started: float = field(default=float("-inf"))

    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def send(self, signum: int) -> None:
        if self.is_alive() and self.process and self.process.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signum)


class HubSentinel(Sentinel):
    """django-q2's sentinel, whose pool are our slots: no pusher, monitor or queues.

    It writes on the board that it is at work and how its pool is; the main process ends
    the cluster when it stops doing so. A slot that died is started again. One that says
    nothing for WEDGE_S (frozen, or stuck where no time-out ends it) is killed first: its
    supervisor has ended its script long before, and the reaper takes its run.
    """

    def __init__(
        self,
        stop_event: Event,
        start_event: Event,
        cluster_id: object,
        board: Board,
        turn: BinaryIO,
    ) -> None:
        name_process("hub-sentinel")
        self.board = board
        self.turn = turn
        self.places = [_Place(index) for index in range(settings.WORKERS)]
        # Any broker will do: without one the base class asks the database for its own,
        # which may be away, and this class leaves brokers to the slots.
        super().__init__(stop_event, start_event, cluster_id, broker=object())

    def start(self) -> None:
        """Guard the slots until the cluster drains, then wait for their ends.

        The broker is not asked whether it is there: without one the table is read.
        """
        # A stray SIGTERM wakes this up and changes nothing: main decides.
        signal.signal(signal.SIGTERM, lambda *_: None)
        self.wakeup = Wakeup()
        self.start_event.set()
        self.guard()
        self.stop()

    def guard(self) -> None:
        """Look after the slots until the cluster drains."""
        looked_at = time.monotonic()
        while state.draining_s() is None:
            if time.monotonic() - looked_at > GUARD_S + ASLEEP_S:
                # So were the slots, and none of them can have said anything.
                self._give_time()
            looked_at = time.monotonic()
            stuck = self._stuck()
            for place in stuck:
                logger.error("Slot %s says nothing and is killed.", place.index + 1)
                place.send(signal.SIGKILL)
            for place in self.places:
                self._restart_if_dead(place)
            self.board.sentinel_beats(pool_is_well=not stuck and self._is_well())
            self.wakeup.wait(GUARD_S)

    def _give_time(self) -> None:
        for place in self.places:
            self.board.slot_beats(place.index, self.board.slot(place.index)[0])

    def stop(self) -> None:
        """Tell the slots to end, and wait until all have; main decides how long."""
        told_at = time.monotonic()
        for place in self.places:
            place.send(signal.SIGTERM)
        while any(place.is_alive() for place in self.places):
            if time.monotonic() - told_at > IDLE_END_S:
                self._kill_idle()
            self.board.sentinel_beats(pool_is_well=True)
            self.wakeup.wait(GUARD_S)

    def _kill_idle(self) -> None:
        """Kill the slots that have no script to wait for, and still did not end."""
        for place in self.places:
            if self.board.slot(place.index)[0] != Phase.BUSY:
                place.send(signal.SIGKILL)

    def _restart_if_dead(self, place: _Place) -> None:
        if place.is_alive() or time.monotonic() < place.started + RESTART_S:
            return
        if place.process is not None and place.process.exitcode != 0:
            logger.error(
                "Slot %s died with status %s; starting it again.",
                place.index + 1,
                place.process.exitcode,
            )
        db.connections.close_all()
        place.started = time.monotonic()
        self.board.slot_beats(place.index, Phase.STARTING)
        place.process = get_context("fork").Process(
            target=serve,
            args=(self.board, place.index, self.turn),
            name=f"slot {place.index + 1}",
            daemon=True,
        )
        place.process.start()

    def _is_well(self) -> bool:
        return all(
            place.is_alive() and self.board.slot(place.index)[0] != Phase.STARTING
            for place in self.places
        )

    def _stuck(self) -> list[_Place]:
        """Return the slots that should have said something by now."""
        return [
            place
            for place in self.places
            if place.is_alive() and self.board.slot(place.index)[1] > settings.WEDGE_S
        ]
