"""Accepting a run: validate, record, and hint after the commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput, WrongState
from apps.core.prepared import PreparedCreate
from apps.runs import dispatch
from apps.runs.models import Run, Trigger
from apps.runs.services.holds import freeze_of
from apps.runs.services.inputs import check_inputs
from apps.runs.services.moment import database_now
from apps.runs.services.once import Once
from apps.runs.services.uploads import hold
from apps.scripts import services as scripts
from apps.scripts.models import Script
from apps.scripts.sealing import Tokens, sealed
from apps.tasks.models import Schedule, Task
from apps.tasks.sentences import show_moment

# On the clock by which they are judged, whatever this host's says.
NEW_RUNS = PreparedCreate(Run, from_now=("start_by", "resend_at"))

MAX_REASON_CHARS = 200
# The priority of what a form waits for: the highest that a task can have.
HURRIED = 100


class Planned(NamedTuple):
    """The planned fire that a run is for, and how long from now it may wait."""

    schedule: Schedule
    scheduled_for: datetime
    patience: timedelta | None


class Hurry(NamedTuple):
    """Somebody waits for the run at a form: it comes before others, and has so many
    seconds to be started in, and as many to end."""

    timeout_s: float


class RunNotPossible(WrongState):
    """What is to be run is there, but cannot be run now."""

    code = "run_not_possible"


class Frozen(RunNotPossible):
    """A freeze window holds the task back; with a reason it can be run all the same."""

    code = "frozen"


def start_run(
    *,
    script: Script,
    parameters: Mapping[str, Any],
    user: User | AnonymousUser | None,
    trigger: Trigger,
    tokens: Tokens | None = None,
    task: Task | None = None,
    retry_of: Run | None = None,
    once: Once | None = None,
    planned: Planned | None = None,
    note: str = "",
    like: Run | None = None,
    hurry: Hurry | None = None,
) -> Run:
    """Record a run of `script` and send its message once the transaction commits.

    `user` None is the command line, which whoever holds this host's shell may use.
    The file is read again first, so that the parameters are checked against what it
    takes now; `tokens` are the ciphertexts of the secrets among them that are stored
    already, and the others are encrypted here. `once` is kept with the run (see
    `run_once`, which handles the KeyTaken that comes of it), and so is `note`, at most
    200 characters. What a file or a choice was in `like`, which is run once more, in
    `retry_of` or in the task, it may be again, whoever asks. Raises ScriptNotRunnable,
    InvalidInput, CredentialsNeeded, or RunNotPossible for a task that is deleted in the
    meantime.
    """
    script = _runnable(script, user)
    scripts.check_parameters(
        script=script, parameters=parameters, user=user, tokens=tokens
    )
    uploads = check_inputs(
        script=script,
        parameters=parameters,
        user=user,
        accepted=_accepted(task, planned, retry_of or like),
    )
    kept, secrets = sealed(script=script, parameters=parameters, tokens=tokens)
    with _told_if_gone(task), transaction.atomic():
        run = NEW_RUNS.create(
            script=script,
            script_name=script.name,
            task=task,
            parameters=kept,
            secrets=secrets,
            trigger=trigger,
            retry_of=retry_of,
            attempt=_attempt(retry_of),
            **_origin(user, planned),
            **_terms(script, task, planned, hurry),
            note=note,
        )
        hold(ids=uploads, run=run)
        if once is not None:
            once.keep(run.pk)
        dispatch.send_after_commit(run.pk, run.queue)
    return run


def _runnable(script: Script, user: User | AnonymousUser | None) -> Script:
    """Return the script as its file has it now; raises what `start_run` says."""
    scripts.refresh_script(script=script)
    if user is not None and not user.is_authenticated:
        # Its header may have stopped to be open to them a moment ago.
        script = scripts.find_script(name=script.name, user=user)
    scripts.check_runnable(script=script)
    return script


@contextmanager
def _told_if_gone(task: Task | None) -> Iterator[None]:
    """Say of a task that somebody has deleted meanwhile that it is gone."""
    try:
        yield
    except IntegrityError as exc:
        if task is None or Task.objects.filter(pk=task.pk).exists():
            raise
        text = _("The task %(name)s was deleted meanwhile, so nothing was started.")
        raise RunNotPossible(text % {"name": task.name}) from exc


def _origin(
    user: User | AnonymousUser | None, planned: Planned | None
) -> dict[str, Any]:
    """Whose it is, and which planned fire."""
    known = user if user is not None and user.is_authenticated else None
    return {
        "requested_by": known,
        "requested_by_name": known.get_username() if known else "",
        "schedule": planned.schedule if planned else None,
        "scheduled_for": planned.scheduled_for if planned else None,
    }


def _accepted(
    task: Task | None, planned: Planned | None, before: Run | None
) -> list[Mapping[str, Any]]:
    """Parameters that somebody was allowed to give before."""
    found = [task.parameters] if task else []
    if planned is not None:
        found.append(planned.schedule.parameters_of_run())
    return [*found, before.parameters] if before else found


def _terms(
    script: Script, task: Task | None, planned: Planned | None, hurry: Hurry | None
) -> dict[str, Any]:
    """Where it waits and for how long, beside whom, and how long it may take."""
    return {
        "queue": (task.queue if task else "") or script.queue or settings.QUEUE,
        "priority": _priority(task, hurry),
        "group": (task.group if task else "") or script.group,
        "start_by": _patience(task, planned, hurry),
        "timeout_s": _timeout_s(script, task, hurry),
        "sends": 1,
        "resend_at": timedelta(seconds=settings.RESEND_AFTER_S),
    }


def _priority(task: Task | None, hurry: Hurry | None) -> int:
    if hurry is not None:
        return HURRIED
    return task.priority if task else 0


def _patience(
    task: Task | None, planned: Planned | None, hurry: Hurry | None
) -> timedelta | None:
    """How long it may wait: the shortest of what is said of that."""
    limits = [task.patience if task else None, planned.patience if planned else None]
    limits.append(timedelta(seconds=hurry.timeout_s) if hurry else None)
    return min((limit for limit in limits if limit is not None), default=None)


def _attempt(retry_of: Run | None) -> int:
    if retry_of is None:
        return 1
    attempts = [retry_of.attempt, *retry_of.retries.values_list("attempt", flat=True)]
    return max(attempts) + 1


def _timeout_s(script: Script, task: Task | None, hurry: Hurry | None) -> float:
    wanted = (task.timeout_s if task else None) or script.timeout_s
    if hurry is not None:
        wanted = min(wanted or hurry.timeout_s, hurry.timeout_s)
    return min(wanted or settings.RUN_TIMEOUT_S, settings.RUN_TIMEOUT_MAX_S)


def start_task(
    *,
    task: Task,
    user: User | AnonymousUser | None,
    trigger: Trigger,
    once: Once | None = None,
    reason: str = "",
) -> Run:
    """Start a run of a saved task.

    Raises RunNotPossible if it is disabled, Frozen within a freeze window unless a
    `reason` says why it has to be now; that is kept as the run's note. Raises
    InvalidInput for a reason that is too long.
    """
    note = reason_of(task, reason)
    return start_run(
        script=task.script,
        parameters=task.parameters,
        tokens=task.secrets,
        user=user,
        trigger=trigger,
        task=task,
        once=once,
        note=note,
    )


def reason_of(task: Task | None, reason: str) -> str:
    """Return why somebody runs a task now; "" outside of freeze windows is enough.

    A run of no task is never frozen. Raises RunNotPossible for a disabled task, Frozen,
    or InvalidInput for a reason that is too long.
    """
    if task is not None and not task.enabled:
        raise RunNotPossible(
            _("The task %(name)s is disabled; enable it before running it.")
            % {"name": task.name}
        )
    if len(reason := reason.strip()) > MAX_REASON_CHARS:
        text = _("A reason has %(most)s characters at most.")
        sentence = text % {"most": MAX_REASON_CHARS}
        raise InvalidInput(sentence, fields={"reason": [sentence]})
    if task is not None and not reason:
        _refuse_frozen(task)
    return reason


def _refuse_frozen(task: Task) -> None:
    window = freeze_of(task, database_now())
    if window is None:
        return
    facts = {
        "name": task.name,
        "reason": window.reason,
        "end": show_moment(timezone.localtime(window.end)),
    }
    raise Frozen(
        _(
            "The task %(name)s is in a freeze window until %(end)s (%(reason)s). Give a "
            "reason to run it all the same."
        )
        % facts
    )
