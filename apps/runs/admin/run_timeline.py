"""What happened to a run and when, and which runs belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.runs import sentences
from apps.runs.models import Run, RunStatus
from apps.runs.rows import duration_s, row_of

MOST_RETRIES = 20


@dataclass(frozen=True)
class Step:
    """One thing that happened, or is to come (`at` null, or later than now).

    `after_s` is how long after the step before it; `kind` what it is coloured by.
    """

    name: str
    at: datetime | None
    text: str = ""
    after_s: float | None = None
    kind: str = ""

    @property
    def is_to_come(self) -> bool:
        return self.at is None or self.at > timezone.now()


def timeline(run: Run) -> list[Step]:
    """Return the steps of a run in their order, then what is to come."""
    steps = list(_steps(run))
    done = [step for step in steps if not step.is_to_come]
    first, rest = done[:1], pairwise(done)
    timed = [*first, *(replace(s, after_s=_seconds(before, s)) for before, s in rest)]
    return [*timed, *(step for step in steps if step.is_to_come)]


def _seconds(before: Step, step: Step) -> float:
    assert before.at is not None
    assert step.at is not None
    # The clocks of two hosts may differ.
    return max((step.at - before.at).total_seconds(), 0.0)


def _steps(run: Run) -> Iterator[Step]:
    yield Step(pgettext("step", "queued"), run.queued_at, _queued_text(run))
    if run.not_before is not None and run.not_before > run.queued_at:
        yield Step(pgettext("step", "may begin"), run.not_before)
    if run.claimed_at is not None or run.is_active:
        yield Step(pgettext("step", "claimed"), run.claimed_at, _claimed_text(run))
    if run.began_at is not None or run.is_active:
        yield Step(pgettext("step", "began"), run.began_at)
    if run.cancel_requested_at is not None:
        yield Step(pgettext("step", "cancel requested"), run.cancel_requested_at)
    text = sentences.message(row_of(run))
    kind = "" if run.is_active else run.status
    yield Step(pgettext("step", "finished"), run.finished_at, text, kind=kind)


def _queued_text(run: Run) -> str:
    if not run.returns:
        return ""
    text = ngettext(
        "It came back once: its worker was lost before the script began.",
        "It came back %(count)d times: its worker was lost before the script began.",
        run.returns,
    )
    return text % {"count": run.returns}


def _claimed_text(run: Run) -> str:
    return _("by %(who)s") % {"who": run.worker} if run.worker else ""


@dataclass(frozen=True)
class Attempt:
    """Another run of the same: what this one retries, or a retry of it."""

    run: Run
    # Of one that waits for its moment: when that is.
    due_at: datetime | None
    duration_s: float | None


@dataclass(frozen=True)
class Retries:
    before: Attempt | None
    after: list[Attempt]

    @property
    def are_active(self) -> bool:
        return any(attempt.run.is_active for attempt in self.after)

    def __bool__(self) -> bool:
        return self.before is not None or bool(self.after)


def retries(run: Run, user: User | AnonymousUser) -> Retries:
    """Return what belongs to a run, as far as `user` may know of it."""
    seen = Run.objects.visible_to(user).defer("parameters", "secrets")
    retried = None
    if run.retry_of_id is not None:
        retried = seen.filter(pk=run.retry_of_id).first()
    after = seen.filter(retry_of=run.pk).order_by("attempt")[:MOST_RETRIES]
    before = _attempt(retried) if retried else None
    return Retries(before, [_attempt(retry) for retry in after])


def _attempt(run: Run) -> Attempt:
    is_due_later = (
        run.status == RunStatus.QUEUED
        and run.not_before is not None
        and run.not_before > timezone.now()
    )
    times: dict[str, Any] = {"began_at": run.began_at, "finished_at": run.finished_at}
    due_at = run.not_before if is_due_later else None
    return Attempt(run, due_at, duration_s(times))
