"""What follows from the end of a run, written in the transaction that ends it: its
slots are given up, a retry is queued, and whoever wants to know is told."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from apps.runs import dispatch
from apps.runs.models import Reason, Run, RunStatus, Trigger
from apps.runs.services import outbox, uploads
from apps.runs.services import slots as places
from apps.tasks.models import Task

# A try may help here. Never after a person's cancel, or a verdict on the run itself.
RETRIED = {
    Reason.EXIT,
    Reason.SIGNAL,
    Reason.TIMEOUT,
    Reason.LOST,
    Reason.SPAWN,
    Reason.SHUTDOWN,
    Reason.BUILD,
}
MAX_WAIT_S = 3600.0
JITTER = 0.2
# With less to wait, a retry is queued without a moment before which it does not start.
SHORTEST_WAIT_S = 0.001

_random = random.SystemRandom()


def may_follow(*, run: Run, status: RunStatus, reason: Reason, slots: bool) -> bool:
    """Whether `follow_up` would ask the database anything for this end of `run`."""
    if slots or settings.RUN_RECEIVERS:
        return True
    return _may_retry(run, status, reason)


def follow_up(*, run: Run, status: RunStatus, reason: Reason, slots: bool) -> None:
    """Write what follows from the end of `run`, which this transaction has ended.

    `run` may be as it was before; `slots` says whether it may hold any. A run without
    slots, without a failed task and without receivers costs no query.
    """
    if slots:
        places.give_up(run_id=run.pk)
    retry = _retry(run.pk, reason) if _may_retry(run, status, reason) else None
    outbox.announce_ends([run.pk], retries={run.pk: retry.pk} if retry else {})


def _may_retry(run: Run, status: RunStatus, reason: Reason) -> bool:
    """Whether the run's task is to be asked if it wants another attempt."""
    return run.task_id is not None and status == RunStatus.FAILED and reason in RETRIED


def _retry(run_id: uuid.UUID, reason: Reason) -> Run | None:
    """Queue another attempt if the run's task wants one."""
    run = Run.objects.select_related("task__script").get(pk=run_id)
    task = run.task
    if task is None or not _wants_retry(run, task, reason):
        return None
    wait_s = back_off_s(task.retry_wait_s, run.attempt)
    delayed = wait_s >= SHORTEST_WAIT_S
    # Moments on the database's clock, by which they are judged.
    wait = timedelta(seconds=wait_s)
    resend = wait if delayed else timedelta(seconds=settings.RESEND_AFTER_S)
    patience = task.patience
    retry, made = Run.objects.get_or_create(
        retry_of=run,
        attempt=run.attempt + 1,
        defaults={
            **_same_as(run),
            "trigger": Trigger.RETRY,
            "not_before": Now() + wait if delayed else None,
            "start_by": None if patience is None else Now() + (wait + patience),
            # tick sends the message of a delayed one when its moment comes.
            "sends": 0 if delayed else 1,
            "resend_at": Now() + resend,
        },
    )
    if made:
        uploads.hold_as(run_id=retry.pk, like=run.pk)
    if made and not delayed:
        dispatch.send_after_commit(retry.pk, retry.queue)
    return retry


def _wants_retry(run: Run, task: Task, reason: Reason) -> bool:
    if not task.enabled or not task.script.enabled or run.attempt > task.retries:
        return False
    if run.cancel_requested_at is not None:
        # Its script ended by itself before the request reached it; still it was made.
        return False
    return reason != Reason.LOST or task.idempotent


def _same_as(run: Run) -> dict[str, object]:
    """Return what an attempt has from the one before it."""
    columns = (
        "script_id",
        "script_name",
        "task_id",
        "parameters",
        "secrets",
        "requested_by_id",
        "requested_by_name",
        "schedule_id",
        "scheduled_for",
        "queue",
        "priority",
        "group",
        "timeout_s",
    )
    return {column: getattr(run, column) for column in columns}


def back_off_s(base_s: float, attempt: int) -> float:
    """Return the seconds before the attempt after `attempt`: twice as many each time.

    Give or take a fifth, so that what failed together is not tried together; an hour
    at most.
    """
    spread = _random.uniform(1 - JITTER, 1 + JITTER)
    return min(base_s * 2.0 ** min(attempt - 1, 16) * spread, MAX_WAIT_S)
