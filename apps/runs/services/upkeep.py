"""What tick does once a second, whatever cluster it belongs to. All of it is guarded,
so any number of ticks may do it at once."""

from __future__ import annotations

import socket
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Least, Now

from apps.runs import dispatch, state
from apps.runs.clocks import clock_ahead_s
from apps.runs.models import Reason, Run, RunStatus, Worker
from apps.runs.models.run import RunQuerySet
from apps.runs.services import slots
from apps.runs.services.endings import follow_up
from apps.runs.services.outbox import announce_ends
from apps.runs.services.space import storage_problem

BATCH = 100
MAX_RETURNS = 3
# What the column holds; a count beyond it says nothing more.
MAX_SENDS = 32_000
# A worker's row is kept for a while after its last word, so that people see it went.
FORGET_WORKER = timedelta(days=1)


def is_anything_due() -> bool:
    """Whether a tick has anything to do. Nearly always it has not, and to ask so costs
    a tenth of asking for each thing in its turn.
    """
    with connection.cursor() as cursor:
        cursor.execute(*_anything_due(dispatch.sends_messages()))
        return cursor.fetchone() is not None


@cache
def _anything_due(sends_messages: bool) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL that finds one thing to do, made once a process."""
    parts = [Run.objects.leaseless(), Run.objects.overdue()]
    if sends_messages:
        parts.append(Run.objects.ready().filter(resend_at__lte=Now()))
    ids: list[QuerySet[Any, Any]] = [part.order_by().values("pk") for part in parts]
    ids.append(slots.stale().order_by().values("run"))
    return ids[0].union(*ids[1:], all=True)[:1].query.sql_with_params()


def resend_lost() -> int:
    """Send again the messages of runs that still wait; how many were sent.

    A message counts as lost RESEND_AFTER_S after it was sent, twice as long after each
    further one, up to RESEND_MAX_S. Sending one too many does no harm, but where some
    lie about, nobody serves the queue, or everybody there is busy: none is added.
    """
    if not dispatch.sends_messages():
        return 0
    count = 0
    unread: dict[str, bool] = {}
    for run in _silent():
        state.alive()
        if run.queue not in unread:
            unread[run.queue] = dispatch.has_unread(run.queue)
        if not unread[run.queue] and not dispatch.send(run.pk, run.queue):
            break
        Run.objects.filter(pk=run.pk).update(
            sends=Least(F("sends") + 1, MAX_SENDS),
            resend_at=Now() + _patience(run.sends),
        )
        count += not unread[run.queue]
    return count


def _silent() -> list[Run]:
    """Return ready runs that nobody looked for in time, but none that has no room.

    So a run that was blocked is called within a tick of its limit's being raised.
    """
    silent = Run.objects.ready().filter(resend_at__lte=Now())
    silent = silent.select_related("script").only(
        "queue", "sends", "group", "script__max_running"
    )
    found = list(silent[:BATCH])
    if any(run.is_limited for run in found):
        return list(silent.with_room()[:BATCH])
    return found


def _patience(sends: int) -> timedelta:
    # The exponent is bounded: 2.0 to the power of thousands would overflow.
    doubled = settings.RESEND_AFTER_S * 2.0 ** min(sends, 16)
    return timedelta(seconds=min(doubled, settings.RESEND_MAX_S))


def reap() -> int:
    """Take the runs whose lease is over from workers that are gone; how many.

    What never began is queued again, at most MAX_RETURNS times; what may have run ends
    as lost, since nobody can know how far it got. Each in a transaction of its own, and
    the guard is in its UPDATE: a worker that renews in between keeps its run, and of
    several ticks one has it.
    """
    over = Run.objects.leaseless().order_by("lease_until")
    taken = sum(_take_away(run) for run in over[:BATCH])
    slots.sweep()
    return taken


def _take_away(run: Run) -> bool:
    """End or release a run that was seen without a lease; False if it is not so now."""
    state.alive()
    over = Run.objects.leaseless().filter(pk=run.pk, claim_token=run.claim_token)
    if run.began_at is not None:
        return _end(run, over, RunStatus.FAILED, Reason.LOST)
    # It may begin or be cancelled in between; then the next tick sees to it.
    unbegun = over.filter(
        began_at=None, cancel_requested_at__isnull=run.cancel_requested_at is None
    )
    if run.cancel_requested_at is not None:
        return _end(run, unbegun, RunStatus.CANCELLED, Reason.USER)
    if run.returns >= MAX_RETURNS:
        died = f"its worker died {MAX_RETURNS + 1} times before the script began"
        return _end(run, unbegun, RunStatus.FAILED, Reason.SPAWN, detail=died)
    with transaction.atomic():
        released = unbegun.release_unbegun() == 1
        if released:
            slots.give_up(run_id=run.pk)
    return released


def _end(
    run: Run, guarded: RunQuerySet, status: RunStatus, reason: Reason, detail: str = ""
) -> bool:
    with transaction.atomic():
        if not guarded.move(status, reason=reason, detail=detail):
            return False
        follow_up(run=run, status=status, reason=reason, slots=True)
    return True


def expire() -> int:
    """End the queued runs that have waited too long; how many."""
    if not Run.objects.overdue().exists():
        return 0
    with transaction.atomic():
        # Another tick's are left to it; a claim refuses them anyway.
        locked = Run.objects.overdue().select_for_update(skip_locked=True)
        ids = list(locked.order_by("id").values_list("pk", flat=True)[:BATCH])
        overdue = Run.objects.overdue().filter(pk__in=ids)
        expired = overdue.move(RunStatus.FAILED, reason=Reason.EXPIRED)
        announce_ends(ids)
    return expired


def report_worker(*, name: str, pid: int, draining: bool) -> None:
    """Write down that this worker is alive. Called by its tick every HEARTBEAT_S."""
    about = {
        "host": socket.gethostname(),
        "pid": pid,
        "queue": settings.QUEUE,
        "slots": settings.WORKERS,
        "version": settings.HUB_VERSION,
        # On the clock by which it is read, whatever this host's says.
        "seen_at": Now(),
        "draining": draining,
        "problem": storage_problem(),
        "clock_ahead_s": clock_ahead_s(),
    }
    if not Worker.objects.filter(name=name).update(**about):
        Worker.objects.create(name=name, **about)
        Worker.objects.filter(seen_at__lt=Now() - FORGET_WORKER).delete()


def forget_worker(*, name: str) -> None:
    """Remove the row of a worker that stopped in good order."""
    Worker.objects.filter(name=name).delete()
