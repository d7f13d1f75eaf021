"""How a waiting slot learns that a run may be due: from the broker, or the table."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models import Count, Max, QuerySet

from apps.runs import dispatch, state
from apps.runs.models import Run, RunStatus
from apps.runs.state import Board

logger = logging.getLogger(__name__)

# Where the table is all there is, it is looked at so often.
POLL_S = 0.05
# How often while a broker is there but does not answer, and how often that one is tried.
SILENT_POLL_S = 0.25
SILENT_S = 5.0
# Runs may be due that cannot be claimed, such as those whose group is full.
BLOCKED_S = 0.5
TIDY_S = 1.0
# Looking at every waiting run, where none can be claimed, may take this share of the
# time, and is put off for so long at most; below the last figure it costs nothing.
WHOLE_SHARE = 0.01
WHOLE_MAX_S = 2.0
WHOLE_FREE_S = 0.002
# How many of the best runs, and of the newest, are looked at in between.
WINDOW = 50


Sql = tuple[str, tuple[Any, ...]]
Row = tuple[Any, ...] | None


class Hints:
    """Waits for hints of one queue. For one process, and only while it leads.

    A broker is believed when it says that something waits; when it says nothing, the
    table is looked at all the same every LOOK_S, since it may have lost a message; and
    when it does not answer, four times a second.

    Thousands may wait for a place or for their moment, and to look at them all, over and
    over, costs much and tells the same. Then all are looked at when a run has begun or
    ended, and now and then, since a moment may have come or a limit been raised; in
    between, the best and the newest, when there are others than before.
    """

    def __init__(self, queue: str, board: Board) -> None:
        self._queue = queue
        # When the table is due for a look is for whichever slot leads then.
        self._board = board
        self._has_broker = dispatch.sends_messages()
        self._is_silent = False
        self._ask_at = 0.0
        self._tidy_at = 0.0
        # When all waiting runs are to be looked at again, and what went on at the last.
        self._whole_at = 0.0
        self._seen_going: Row = None
        self._seen_edges: tuple[Row, ...] | None = None
        # Made once: making it anew costs three times the query.
        self._whole, self._window = _whole(queue), _window(queue)
        self._going, self._edges = _going(), _edges(queue)

    def wait(self) -> bool:
        """Wait for about a second at most; whether a run may be due.

        Raises DatabaseError.
        """
        now = time.monotonic()
        if now >= self._board.look_at and self._looks_due():
            return True
        if self._has_broker and now >= self._ask_at:
            return self._ask_broker()
        time.sleep(SILENT_POLL_S if self._has_broker else POLL_S)
        return False

    def found_none(self) -> None:
        """Say that nothing could be claimed: the next look at the table has time."""
        self._board.look_at = time.monotonic() + BLOCKED_S

    def _looks_due(self) -> bool:
        self._tidy_connection()
        if self._is_all_blocked():
            found = self._looks_at_new_ones()
        else:
            found = self._looks_at_all()
        if found:
            # There may be more: the next look comes without a pause.
            return True
        if self._has_broker and not self._is_silent:
            self._board.look_at = time.monotonic() + settings.LOOK_S
        return False

    def _is_all_blocked(self) -> bool:
        """Whether what could not be claimed a moment ago cannot be now, as it seems."""
        is_early = time.monotonic() < self._whole_at
        return is_early and _first(self._going) == self._seen_going

    def _looks_at_new_ones(self) -> bool:
        edges = tuple(map(_first, self._edges))
        if edges == self._seen_edges:
            return False
        if _first(self._window):
            return True
        self._seen_edges = edges
        return False

    def _looks_at_all(self) -> bool:
        began = time.monotonic()
        if _first(self._whole):
            return True
        now = time.monotonic()
        if now - began > WHOLE_FREE_S:
            before, self._seen_going = self._seen_going, _first(self._going)
            # What ended during this look may have made room: then the next is whole.
            pause_s = min((now - began) / WHOLE_SHARE, WHOLE_MAX_S)
            self._whole_at = now + pause_s if self._seen_going == before else 0.0
            self._seen_edges = None
        return False

    def _tidy_connection(self) -> None:
        # Asking whether a connection is still good is a query of its own.
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_S
            close_old_connections()

    def _ask_broker(self) -> bool:
        try:
            found = dispatch.receive(self._queue)
        except dispatch.broker_errors() as exc:
            if not self._is_silent:
                logger.warning(
                    "The broker does not answer; waiting runs are read from the table "
                    "until it does: %s",
                    exc,
                )
            self._is_silent = True
            self._ask_at = time.monotonic() + SILENT_S
            self._board.look_at = 0.0
            return False
        if self._is_silent:
            logger.info("The broker answers again.")
            self._is_silent = False
        return found


def _first(sql: Sql) -> Row:
    """Return the first row that a query finds."""
    state.alive()
    with connection.cursor() as cursor:
        cursor.execute(*sql)
        row: Row = cursor.fetchone()
        return row


def _whole(queue: str) -> Sql:
    """Find a run that may be claimed among all that wait."""
    due = Run.objects.due(queue).order_by().values("pk")
    return due[:1].query.sql_with_params()


def _window(queue: str) -> Sql:
    """Find one among the best few and the newest few."""
    due = [
        Run.objects.due(queue).filter(pk__in=ids[:WINDOW]).order_by().values("pk")
        for ids in _ends(queue)
    ]
    return due[0].union(due[1], all=True)[:1].query.sql_with_params()


def _edges(queue: str) -> list[Sql]:
    """Find the last run of each window: one that is put into it moves that."""
    last = slice(WINDOW - 1, WINDOW)
    return [ids[last].query.sql_with_params() for ids in _ends(queue)]


def _ends(queue: str) -> list[QuerySet[Any, Any]]:
    """Return the ids of what waits, the best first, and the newest of any queue first.

    A new run is among the first of the one or the other, unless the clock of the host
    that accepted it is behind.
    """
    queued = Run.objects.filter(status=RunStatus.QUEUED)
    best = queued.filter(queue=queue).order_by("-priority", "id")
    return [best.values("pk"), queued.order_by("-id").values("pk")]


def _going() -> Sql:
    """Tell one set of runs that go on from another: as each ends, there are less, and
    as another begins, its moment is the latest."""
    running = Run.objects.filter(status=RunStatus.RUNNING).order_by()
    facts = running.values("status").annotate(n=Count("pk"), last=Max("claimed_at"))
    return facts.values("n", "last").query.sql_with_params()
