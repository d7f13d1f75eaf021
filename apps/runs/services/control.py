"""What people do to a run after it was accepted."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.core.errors import NotFound, WrongState
from apps.runs.models import Reason, Run, RunStatus, Trigger
from apps.runs.services.once import Once
from apps.runs.services.outbox import announce_ends
from apps.runs.services.start import start_run
from apps.scripts.models import Script


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


def retry_run(
    *, run: Run, user: User | AnonymousUser | None, once: Once | None = None
) -> Run:
    """Start another attempt of a run that has ended.

    Raises RunNotRepeatable while it is active or when its script is no longer known,
    NotFound when it was deleted, and whatever `start_run` raises.
    """
    script = _script_of(run)
    with transaction.atomic():
        # Two people may retry at once: the numbers of attempts are given in turn.
        locked = Run.objects.select_for_update().filter(pk=run.pk).first()
        if locked is None:
            raise _deleted(run)
        return start_run(
            script=script,
            parameters=run.parameters,
            user=user,
            trigger=Trigger.RETRY,
            task=run.task,
            retry_of=run,
            once=once,
        )


def run_again(*, run: Run, user: User | AnonymousUser | None, trigger: Trigger) -> Run:
    """Start a new run of the same script, task and parameters; raises as `retry_run`."""
    return start_run(
        script=_script_of(run),
        parameters=run.parameters,
        user=user,
        trigger=trigger,
        task=run.task,
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
