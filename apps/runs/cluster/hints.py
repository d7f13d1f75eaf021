"""How a waiting slot learns that a run may be due: from the broker, or the table."""

from __future__ import annotations

import logging
import time

from django.conf import settings
from django.db import close_old_connections, connection

from apps.runs import dispatch
from apps.runs.models import Run
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


class Hints:
    """Waits for hints of one queue. For one process, and only while it leads.

    A broker is believed when it says that something waits; when it says nothing, the
    table is looked at all the same every LOOK_S, since it may have lost a message; and
    when it does not answer, four times a second.
    """

    def __init__(self, queue: str, board: Board) -> None:
        self._queue = queue
        # When the table is due for a look is for whichever slot leads then.
        self._board = board
        self._has_broker = dispatch.sends_messages()
        self._is_silent = False
        self._ask_at = 0.0
        self._tidy_at = 0.0
        due = Run.objects.due(queue).order_by().values("pk")[:1]
        # Made once: making it anew costs three times the query.
        self._due_sql = due.query.sql_with_params()

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
        with connection.cursor() as cursor:
            cursor.execute(*self._due_sql)
            if cursor.fetchone():
                # There may be more: the next look comes without a pause.
                return True
        if self._has_broker and not self._is_silent:
            self._board.look_at = time.monotonic() + settings.LOOK_S
        return False

    def _tidy_connection(self) -> None:
        # Asking whether a connection is still good is a query of its own.
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_S
            close_old_connections()

    def _ask_broker(self) -> bool:
        try:
            found = dispatch.receive(self._queue)
        except dispatch.BROKER_ERRORS as exc:
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
