"""Accepting a run: validate, record, and hint after the commit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import WrongState
from apps.core.prepared import PreparedCreate
from apps.runs import dispatch
from apps.runs.models import Run, Trigger
from apps.runs.services.once import Once
from apps.scripts import services as scripts
from apps.scripts.models import Script
from apps.tasks.models import Schedule, Task

# On the clock by which they are judged, whatever this host's says.
NEW_RUNS = PreparedCreate(Run, from_now=("start_by", "resend_at"))


class Planned(NamedTuple):
    """The planned fire that a run is for, and how long from now it may wait."""

    schedule: Schedule
    scheduled_for: datetime
    patience: timedelta | None


class RunNotPossible(WrongState):
    """What is to be run is there, but cannot be run now."""

    code = "run_not_possible"


def start_run(
    *,
    script: Script,
    parameters: Mapping[str, Any],
    user: User | AnonymousUser | None,
    trigger: Trigger,
    task: Task | None = None,
    retry_of: Run | None = None,
    once: Once | None = None,
    planned: Planned | None = None,
) -> Run:
    """Record a run of `script` and send its message once the transaction commits.

    `user` None is the command line, which whoever holds this host's shell may use.
    The file is read again first, so that the parameters are checked against what it
    takes now. `once` is kept with the run (see `run_once`, which handles the KeyTaken
    that comes of it). Raises ScriptNotRunnable, InvalidInput or CredentialsNeeded.
    """
    scripts.refresh_script(script=script)
    if user is not None and not user.is_authenticated:
        # Its header may have stopped to be open to them a moment ago.
        script = scripts.find_script(name=script.name, user=user)
    scripts.check_runnable(script=script)
    scripts.check_parameters(script=script, parameters=parameters, user=user)
    known = user if user is not None and user.is_authenticated else None
    with transaction.atomic():
        run = NEW_RUNS.create(
            script=script,
            script_name=script.name,
            task=task,
            schedule=planned.schedule if planned else None,
            scheduled_for=planned.scheduled_for if planned else None,
            parameters=dict(parameters),
            trigger=trigger,
            requested_by=known,
            requested_by_name=known.get_username() if known else "",
            retry_of=retry_of,
            attempt=_attempt(retry_of),
            queue=(task.queue if task else "") or script.queue or settings.QUEUE,
            priority=task.priority if task else 0,
            group=(task.group if task else "") or script.group,
            start_by=_patience(task, planned),
            timeout_s=_timeout_s(script, task),
            sends=1,
            resend_at=timedelta(seconds=settings.RESEND_AFTER_S),
        )
        if once is not None:
            once.keep(run.pk)
        dispatch.send_after_commit(run.pk, run.queue)
    return run


def _patience(task: Task | None, planned: Planned | None) -> timedelta | None:
    """How long it may wait: the shorter of what its task and its schedule say."""
    limits = [task.patience if task else None, planned.patience if planned else None]
    return min((limit for limit in limits if limit is not None), default=None)


def _attempt(retry_of: Run | None) -> int:
    if retry_of is None:
        return 1
    attempts = [retry_of.attempt, *retry_of.retries.values_list("attempt", flat=True)]
    return max(attempts) + 1


def _timeout_s(script: Script, task: Task | None) -> float:
    wanted = (task.timeout_s if task else None) or script.timeout_s
    return min(wanted or settings.RUN_TIMEOUT_S, settings.RUN_TIMEOUT_MAX_S)


def start_task(
    *,
    task: Task,
    user: User | AnonymousUser | None,
    trigger: Trigger,
    once: Once | None = None,
) -> Run:
    """Start a run of a saved task; raises RunNotPossible if it is disabled."""
    if not task.enabled:
        raise RunNotPossible(
            _("The task %(name)s is disabled; enable it before running it.")
            % {"name": task.name}
        )
    return start_run(
        script=task.script,
        parameters=task.parameters,
        user=user,
        trigger=trigger,
        task=task,
        once=once,
    )
