"""Firing a schedule: each planned fire up to now gets its row in the ledger, once.

All of it is one transaction under the lock of the schedule's alarm: the rows, the runs
that were started and how far the ledger is written. Killed in between, nothing of it
happened and the alarm rings again; rung twice, the second finds nothing to do.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import BigIntegerField
from django.db.models.functions import Now

from apps.core.prepared import Param, Prepared
from apps.runs import alarm as clock
from apps.runs.models import Alarm
from apps.runs.services.writing import Firing
from apps.tasks.timing import TimingError

logger = logging.getLogger(__name__)

# What a tick may spend on it; it has other things to do, and goes on with the next.
BUDGET_S = 5.0

_random = random.SystemRandom()

_ID = Param("id", BigIntegerField())
_LOCKED = Prepared(lambda: Alarm.objects.filter(pk=_ID).select_for_update())
_READ = Prepared(
    lambda: (
        Alarm.objects.filter(pk=_ID)
        .select_related("schedule__task__script")
        .annotate(moment=Now())
    )
)


def fire(
    *,
    schedule_id: int,
    now: datetime | None = None,
    early: bool = False,
    catch_up: bool = True,
) -> int:
    """Write the ledger of a schedule up to now; returns how many rows that took.

    Called by tick for what rang, and by whoever is about to change the schedule. `now`
    is the database's clock, unless a test says otherwise. With `early`, jitter puts off
    no fire whose time has come; without `catch_up`, what was missed is not started.
    """
    with transaction.atomic():
        found = lock_alarm(schedule_id)
        if found is None:
            return 0
        alarm, moment = found
        firing = Firing(alarm, now or moment, early=early, catch_up=catch_up)
        try:
            firing.write()
        except TimingError as exc:
            # No such zone on this host any more, say: it must not ring for ever.
            logger.warning("Schedule %s cannot be reckoned: %s", schedule_id, exc)
            firing.rest()
        return firing.rows


def fire_due(*, beat: Callable[[], object] = lambda: None) -> int:
    """Fire every schedule whose alarm rings; returns how many rows that wrote.

    Called by tick; `beat` is called at each schedule. One that fails is logged, rings
    on, and holds up no other.
    """
    rows = 0
    due = clock.ring()
    ends_at = time.monotonic() + BUDGET_S
    # Several clusters hear the same alarms: each begins somewhere else.
    _random.shuffle(due)
    for schedule_id in due:
        beat()
        try:
            if clock.is_due(schedule_id):
                rows += fire(schedule_id=schedule_id)
        except IntegrityError as exc:
            # Its task or user is being deleted; the next ring finds what is left.
            logger.warning("Schedule %s rings again: %s", schedule_id, exc)
        except (OperationalError, InterfaceError):
            # Nobody's fault here: the next one would fail as well.
            raise
        except Exception:
            logger.exception("Schedule %s could not be fired", schedule_id)
        if time.monotonic() >= ends_at:
            break
    return rows


def lock_alarm(schedule_id: int) -> tuple[Alarm, datetime] | None:
    """Lock the alarm of a schedule; return it and the time, None if there is none.

    What it is read with is read after the lock: whoever had it may have changed that.
    """
    # Where there are no locks of rows, the transaction has the only lock there is.
    if connection.features.has_select_for_update and not _LOCKED.first(id=schedule_id):
        return None
    alarm: Any = _READ.first(id=schedule_id)
    return (alarm, alarm.moment) if alarm else None


def move_alarm(schedule_id: int) -> None:
    """Let the alarm of a schedule follow what was changed; the ledger stays."""
    with transaction.atomic():
        found = lock_alarm(schedule_id)
        if found is None:
            return
        firing = Firing(*found)
        try:
            firing.go_on()
        except TimingError as exc:
            logger.warning("Schedule %s cannot be reckoned: %s", schedule_id, exc)
            firing.rest()
