"""What a plan would do, before it is saved: its next fires, and what moves them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.runs.models import Run, RunStatus
from apps.tasks.models import FreezeWindow, Task
from apps.tasks.sentences import words
from apps.tasks.timing import Plan, fires, follows_clock_changes
from apps.tasks.timing import marks as dst_marks

FREEZE = "freeze"
"""It falls into a freeze window, and would be skipped."""

OVERLAP = "overlap"
"""The run of the fire before it would probably still be active."""

ELAPSED = gettext_noop(
    "Clocks change in this time, and it follows elapsed time: times that do not exist "
    "are left out, and those that come twice fire twice."
)

SECOND = timedelta(seconds=1)
USUAL_RUNS = 20
MAX_COUNT = 100


class Fire(NamedTuple):
    """One fire: in UTC, in the plan's zone, and what there is to say about it."""

    utc: datetime
    local: datetime
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """When a plan fires: in words, and its next fires in order.

    The words say, too, which rule applies where clocks change between the fires and no
    mark of one can say it.
    """

    words: str
    fires: list[Fire]


def preview(
    *, plan: Plan, after: datetime, count: int, task: Task | None = None
) -> Preview:
    """Return the next `count` fires of a plan after that moment, at most MAX_COUNT.

    Marks are `dst_gap`, `dst_fold`, `freeze` (windows of all tasks and, where it is
    given, of this one) and `overlap` (from the task's usual duration).
    """
    found = list(islice(fires(plan, after), min(count, MAX_COUNT)))
    windows = _windows(found, task)
    usual = _usual_duration(task)
    said = words(plan)
    if found and follows_clock_changes(plan, after, found[-1]):
        said = _("%(words)s. %(rule)s") % {"words": said, "rule": _(ELAPSED)}
    return Preview(
        said,
        [
            Fire(fire, fire.astimezone(plan.zone), _marks(plan, fire, windows, usual))
            for fire in found
        ],
    )


def _marks(
    plan: Plan,
    fire: datetime,
    windows: Sequence[FreezeWindow],
    usual: timedelta | None,
) -> tuple[str, ...]:
    found = dst_marks(plan, fire)
    if any(window.start <= fire < window.end for window in windows):
        found += (FREEZE,)
    if usual is not None and _is_overlap(plan, fire, usual):
        found += (OVERLAP,)
    return found


def _is_overlap(plan: Plan, fire: datetime, usual: timedelta) -> bool:
    """Whether the run of a fire before it would still be active."""
    return next(fires(plan, fire - usual, fire - SECOND), None) is not None


def _windows(found: Sequence[datetime], task: Task | None) -> list[FreezeWindow]:
    if not found:
        return []
    windows = FreezeWindow.objects.between(found[0], found[-1])
    if task is None:
        return list(windows.filter(task=None, tag=""))
    return [window for window in windows if window.concerns(task)]


def _usual_duration(task: Task | None) -> timedelta | None:
    """The median of the latest runs that completed; None where there is none."""
    if task is None or task.pk is None:
        return None
    runs = Run.objects.filter(
        task=task.pk, status=RunStatus.COMPLETED, began_at__isnull=False
    )
    times = runs.order_by("-id").values_list("began_at", "finished_at")[:USUAL_RUNS]
    seconds = [(end - begin).total_seconds() for begin, end in times if begin and end]
    return timedelta(seconds=median(seconds)) if seconds else None
