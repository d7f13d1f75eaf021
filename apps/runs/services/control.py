"""What people do to a run after it was accepted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.core.errors import NotFound, WrongState
from apps.runs.models import ACTIVE, Reason, Run, RunStatus, Trigger
from apps.runs.services.once import Once
from apps.runs.services.outbox import announce_ends
from apps.runs.services.start import reason_of, start_run
from apps.scripts.models import Script

# How many runs one call of `cancel_runs` ends, and how many of them one transaction.
MOST_CANCELLED = 10_000
CANCEL_BATCH = 500


class RunNotCancellable(WrongState):
    """The run has ended already."""

    code = "run_not_cancellable"


class RunNotRepeatable(WrongState):
    """The run is still active, or nothing is left to run again."""

    code = "run_not_repeatable"


def cancel_run(*, run: Run) -> Run:
    """End a queued run at once; ask the worker of a running one to end it.

    Asking twice changes nothing. Raises RunNotCancellable when the run is final, and
    NotFound when it was deleted. Returns the run as it is afterwards, with its script
    and task.
    """
    mine = Run.objects.filter(pk=run.pk)
    with transaction.atomic():
        # Locked first: a reaper may be about to queue it again, and then neither of
        # the two below would meet the status that it expects.
        mine.select_for_update().order_by().values_list("pk").first()
        # A queued run has no owner but the table; a claim in between wins, and then
        # the request below reaches its worker.
        cancelled = mine.filter(status=RunStatus.QUEUED).move(
            RunStatus.CANCELLED, reason=Reason.USER, cancel_requested_at=Now()
        )
        if cancelled:
            announce_ends([run.pk])
        else:
            asked = mine.filter(status=RunStatus.RUNNING)
            asked.filter(cancel_requested_at=None).update(cancel_requested_at=Now())
    try:
        run.refresh_from_db(from_queryset=Run.objects.select_related("script", "task"))
    except Run.DoesNotExist as exc:
        raise _deleted(run) from exc
    if not cancelled and not run.is_active and run.cancel_requested_at is None:
        raise RunNotCancellable(
            _(
                "Run %(id)s has ended already (%(status)s); only queued or running runs "
                "can be cancelled."
            )
            % {"id": run.pk, "status": run.get_status_display()}
        )
    return run


@dataclass(frozen=True)
class Cancelled:
    """What became of runs that were to be cancelled, as numbers of runs.

    `asked`: ended at once, or about to be by their workers. `ended`: final before.
    `left`: still active, since there were more than MOST_CANCELLED.
    """

    asked: int
    ended: int
    left: int


def cancel_runs(*, runs: QuerySet[Run]) -> Cancelled:
    """Do what `cancel_run` does for the active ones of `runs`, MOST_CANCELLED at most.

    The oldest first, a batch in each transaction; final ones are only counted.
    """
    total = runs.order_by().count()
    active = runs.filter(status__in=ACTIVE).order_by("pk")
    found = list(active.values_list("pk", flat=True)[:MOST_CANCELLED])
    is_over = len(found) == MOST_CANCELLED
    left = max(active.count() - MOST_CANCELLED, 0) if is_over else 0
    asked = 0
    for first in range(0, len(found), CANCEL_BATCH):
        asked += _cancel_batch(found[first : first + CANCEL_BATCH])
    # Some may have come and gone since they were counted.
    return Cancelled(asked, max(total - left - asked, 0), left)


def _cancel_batch(ids: Sequence[uuid.UUID]) -> int:
    """Cancel runs, most of them with one UPDATE; how many were still active."""
    mine = Run.objects.filter(pk__in=ids).order_by()
    with transaction.atomic():
        # What somebody else holds is left for later: who waits for several rows while
        # others do may wait for ever.
        locked = mine.filter(status__in=ACTIVE).select_for_update(skip_locked=True)
        statuses = dict(locked.values_list("pk", "status"))
        queued = [pk for pk, was in statuses.items() if was == RunStatus.QUEUED]
        mine.filter(pk__in=queued).move(
            RunStatus.CANCELLED, reason=Reason.USER, cancel_requested_at=Now()
        )
        announce_ends(queued)
        asked = mine.filter(pk__in=statuses, status=RunStatus.RUNNING)
        asked.filter(cancel_requested_at=None).update(cancel_requested_at=Now())
    others = Run.objects.filter(pk__in=set(ids) - set(statuses))
    return len(statuses) + sum(_try_to_cancel(run) for run in others)


def _try_to_cancel(run: Run) -> bool:
    try:
        cancel_run(run=run)
    except (RunNotCancellable, NotFound):
        return False
    return True


def retry_run(
    *,
    run: Run,
    user: User | AnonymousUser | None,
    once: Once | None = None,
    reason: str = "",
) -> Run:
    """Start another attempt of a run that has ended.

    Raises RunNotRepeatable while it is active or when its script is no longer known,
    NotFound when it was deleted, RunNotPossible if its task is disabled, Frozen if that
    is in a freeze window and no `reason` is given, and whatever `start_run` raises.
    """
    script = _script_of(run)
    note = reason_of(run.task, reason)
    with transaction.atomic():
        # Two people may retry at once: the numbers of attempts are given in turn.
        locked = Run.objects.select_for_update().filter(pk=run.pk).first()
        if locked is None:
            raise _deleted(run)
        return start_run(
            script=script,
            parameters=run.parameters,
            tokens=run.secrets,
            user=user,
            trigger=Trigger.RETRY,
            task=run.task,
            retry_of=run,
            once=once,
            note=note,
        )


def run_again(
    *,
    run: Run,
    user: User | AnonymousUser | None,
    trigger: Trigger,
    once: Once | None = None,
    reason: str = "",
) -> Run:
    """Start a new run of the same script, task and parameters; raises as `retry_run`."""
    return start_run(
        script=_script_of(run),
        parameters=run.parameters,
        tokens=run.secrets,
        user=user,
        trigger=trigger,
        task=run.task,
        once=once,
        like=run,
        note=reason_of(run.task, reason),
    )


def _deleted(run: Run) -> NotFound:
    """Return the error for a run that retention deleted after it was found."""
    return NotFound(
        _("There is no run %(id)s. GET /runs/runs lists them.") % {"id": run.pk}
    )


def _script_of(run: Run) -> Script:
    if run.is_active:
        raise RunNotRepeatable(
            _("Run %(id)s is still %(status)s; wait until it has ended, or cancel it.")
            % {"id": run.pk, "status": run.get_status_display()}
        )
    if run.script is None:
        raise RunNotRepeatable(
            _("The script of run %(id)s is no longer known.") % {"id": run.pk}
        )
    return run.script
