"""What freeze windows hold back: which fires that are still to come fall into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.tasks.models import FreezeWindow, Schedule
from apps.tasks.timing import TimingError, count_fires

# So many pairs of a window and a schedule are reckoned for one page.
MOST_PAIRS = 3000
BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True)
class Held:
    """How many fires of a schedule a window keeps from starting."""

    schedule: Schedule
    fires: int


def held_fires(windows: Sequence[FreezeWindow], now: datetime) -> dict[int, list[Held]]:
    """Return what each window holds back from now on, most fires in front, by its id.

    A window that is over holds nothing back any more. One that is not there was too much
    to reckon. `now` is the database's time.
    """
    ahead = [window for window in windows if window.end > now]
    if not ahead:
        return {window.pk: [] for window in windows}
    enabled = Schedule.objects.filter(enabled=True, task__enabled=True)
    schedules = list(enabled.select_related("task").order_by("id")[: MOST_PAIRS + 1])
    most = MOST_PAIRS // max(len(schedules), 1)
    found: dict[int, list[Held]] = {
        window.pk: [] for window in windows if window.end <= now
    }
    for window in ahead[:most]:
        fires = (Held(s, _fires(window, s, now)) for s in schedules)
        held = [each for each in fires if each.fires]
        found[window.pk] = sorted(held, key=lambda each: -each.fires)
    return found


def _fires(window: FreezeWindow, schedule: Schedule, now: datetime) -> int:
    if not window.concerns(schedule.task):
        return 0
    try:
        # A fire at its very end is free again.
        since, until = max(now, window.start - BEFORE), window.end - BEFORE
        return count_fires(schedule.plan, since, until)
    except TimingError:
        # Its own page says that it cannot be reckoned.
        return 0
