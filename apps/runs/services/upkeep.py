"""What tick does once a second, whatever cluster it belongs to. All of it is guarded,
so any number of ticks may do it at once."""

from __future__ import annotations

import socket
from datetime import timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Least, Now
from django.utils import timezone

from apps.runs import dispatch
from apps.runs.models import Reason, Run, RunStatus, Worker
from apps.runs.services.space import storage_problem

BATCH = 100
MAX_RETURNS = 3
# What the column holds; a count beyond it says nothing more.
MAX_SENDS = 32_000
# A worker's row is kept for a while after its last word, so that people see it went.
FORGET_WORKER = timedelta(days=1)


def resend_lost() -> int:
    """Send again the messages of runs that still wait; how many were sent.

    A message counts as lost RESEND_AFTER_S after it was sent, twice as long after each
    further one, up to RESEND_MAX_S. Sending one too many does no harm.
    """
    count = 0
    silent = Run.objects.filter(
        Q(not_before=None) | Q(not_before__lte=Now()),
        status=RunStatus.QUEUED,
        resend_at__lte=timezone.now(),
    ).order_by("-priority", "id")
    for run in silent.only("queue", "sends")[:BATCH]:
        if not dispatch.send(run.pk, run.queue):
            break
        Run.objects.filter(pk=run.pk).update(
            sends=Least(F("sends") + 1, MAX_SENDS),
            resend_at=timezone.now() + _patience(run.sends),
        )
        count += 1
    return count


def _patience(sends: int) -> timedelta:
    # The exponent is bounded: 2.0 to the power of thousands would overflow.
    doubled = settings.RESEND_AFTER_S * 2.0 ** min(sends, 16)
    return timedelta(seconds=min(doubled, settings.RESEND_MAX_S))


def hand_back(*, run_id: str) -> None:
    """Have a message sent again soon, since the slot that got it takes no new runs."""
    Run.objects.filter(pk=run_id, status=RunStatus.QUEUED).update(resend_at=Now())


def reap() -> int:
    """Take the runs whose lease is over from workers that are gone; how many.

    What never began is queued again, at most MAX_RETURNS times; what may have run ends
    as lost, since nobody can know how far it got. The guard is in the UPDATE: a worker
    that renews in between keeps its run.
    """
    over = Run.objects.filter(status=RunStatus.RUNNING, lease_until__lt=Now())
    lost = over.filter(began_at__isnull=False).move(
        RunStatus.FAILED, reason=Reason.LOST
    )
    cancelled = over.filter(began_at=None, cancel_requested_at__isnull=False).move(
        RunStatus.CANCELLED, reason=Reason.USER
    )
    poisoned = over.filter(began_at=None, returns__gte=MAX_RETURNS).move(
        RunStatus.FAILED,
        reason=Reason.SPAWN,
        detail=f"its worker died {MAX_RETURNS + 1} times before the script began",
    )
    return lost + cancelled + poisoned + over.release_unbegun()


def report_worker(*, name: str, pid: int, draining: bool) -> None:
    """Write down that this worker is alive. Called by its tick every HEARTBEAT_S."""
    Worker.objects.update_or_create(
        name=name,
        defaults={
            "host": socket.gethostname(),
            "pid": pid,
            "queue": settings.QUEUE,
            "slots": settings.WORKERS,
            "version": settings.HUB_VERSION,
            "seen_at": timezone.now(),
            "draining": draining,
            "problem": storage_problem(),
        },
    )
    Worker.objects.filter(seen_at__lt=timezone.now() - FORGET_WORKER).delete()


def forget_worker(*, name: str) -> None:
    """Remove the row of a worker that stopped in good order."""
    Worker.objects.filter(name=name).delete()
