"""Asking a script for the choices of another one's parameter: `choices_from`.

That is a run like any other, with the trigger `choices`, and whoever asks must be
allowed to run the script. Its list is kept for all web processes, by the content of
the script and the parameters that it was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import HubError
from apps.runs.models import ChoiceList, Run, RunStatus, Trigger
from apps.runs.services.chosen import Asked, Waiting, look, waiting_sentence
from apps.runs.services.moment import database_now
from apps.runs.services.start import Hurry, start_run
from apps.scripts.choosing import Choice
from apps.scripts.models import Script

# For how long a run that listed nothing is not followed by another.
RETRY_S = 10
# Of lists that nobody asks for any more, and the most that one transaction deletes.
KEPT = timedelta(days=2)
FORGET = 500


class ChoicesState(NamedTuple):
    """What a form shows: the choices if it is `ready`, else the `run` that it waits
    for, or a sentence as `error`. `needs` are parameters to be given first."""

    ready: bool
    choices: list[Choice]
    run: Run | None = None
    error: str = ""
    needs: tuple[str, ...] = ()
    listed_at: datetime | None = None


def choices_state(
    *,
    script: Script,
    dest: str,
    values: Mapping[str, Any],
    user: User | AnonymousUser | None,
    refresh: bool = False,
) -> ChoicesState:
    """Return the choices of a parameter, for the typed `values` of the others.

    Where there is no list, or it is too old, or with `refresh`, a run is started for
    it; asking again, without `refresh`, tells when it has ended. Two who ask for the
    same at once wait for one run. Never raises HubError: that is the `error`.
    """
    try:
        asked = Asked.of(script=script, name=dest, values=values, user=user)
        return _state(asked, user, refresh)
    except Waiting as exc:
        sentence = waiting_sentence(exc.names)
        return ChoicesState(False, [], error=sentence, needs=tuple(exc.names))
    except HubError as exc:
        return ChoicesState(False, [], error=exc.message)


def _state(
    asked: Asked, user: User | AnonymousUser | None, refresh: bool
) -> ChoicesState:
    if (state := _found(asked, refresh)) is not None:
        return state
    with transaction.atomic():
        # Whoever comes second waits here, and then finds the run of the first.
        known, _made = ChoiceList.objects.get_or_create(
            key=asked.key,
            defaults={"script": asked.lister, "asked_at": timezone.now()},
        )
        locked = ChoiceList.objects.select_for_update().get(pk=known.pk)
        if (state := _found(asked, refresh)) is not None:
            return state
        run = start_run(
            script=asked.lister,
            parameters=asked.parameters,
            user=user,
            trigger=Trigger.CHOICES,
            hurry=Hurry(asked.source["timeout_s"]),
        )
        locked.run_id, locked.asked_at = run.pk, timezone.now()
        locked.save(update_fields=["run_id", "asked_at"])
    return ChoicesState(False, [], run=run)


def _found(asked: Asked, refresh: bool) -> ChoicesState | None:
    """Return what is there already; None where a run has to be started."""
    known, run, problem = look(asked)
    now = database_now()
    if run is not None and run.is_active:
        error = _nobody(asked) if _is_overdue(run, now) else ""
        return ChoicesState(False, [], run=run, error=error)
    if run is not None and problem is not None and _has_just_failed(run, now):
        return ChoicesState(False, [], run=run, error=problem.message)
    if known is None or refresh:
        return None
    if not asked.is_fresh(known, now, asked.source["cache_s"]):
        return None
    return ChoicesState(True, asked.choices(known), listed_at=known.listed_at)


def _is_overdue(run: Run, now: datetime) -> bool:
    # A worker would have ended it as expired.
    is_late = run.start_by is not None and run.start_by < now
    return run.status == RunStatus.QUEUED and is_late


def _has_just_failed(run: Run, now: datetime) -> bool:
    ended = run.finished_at
    return ended is not None and now - ended < timedelta(seconds=RETRY_S)


def _nobody(asked: Asked) -> str:
    return _(
        "No worker took %(script)s within %(seconds)d seconds, so there are no choices."
    ) % {"script": asked.lister.name, "seconds": asked.source["timeout_s"]}


def forget_lists(*, now: datetime) -> Iterator[int]:
    """Delete lists that nobody has asked for lately; yields how many a step."""
    while True:
        old = ChoiceList.objects.filter(asked_at__lt=now - KEPT).order_by("asked_at")
        ids = list(old.values_list("pk", flat=True)[:FORGET])
        if not ids:
            return
        yield int(ChoiceList.objects.filter(pk__in=ids).delete()[0])
