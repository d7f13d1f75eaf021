"""The rows of the list of runs as people see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils import timezone

from apps.runs import sentences
from apps.runs.models import ACTIVE, RunStatus, Trigger
from apps.runs.usual import over_usual_after, usual_durations
from apps.runs.waits import Waits
from apps.tasks.models import Schedule

# A moment that is farther away is told with its year.
THIS_YEAR = timedelta(days=300)


@dataclass(frozen=True)
class Bar:
    """How long a run took beside the others of its page, in hundredths of the bar."""

    took: str
    # Where it would usually have ended; empty where that is not known.
    usual: str
    is_over: bool


@dataclass(frozen=True)
class Row:
    """One run."""

    id: Any
    short_id: str
    url: str
    name: str
    # Of a task's run: which script that was.
    script_name: str
    status: str
    status_label: str
    is_active: bool
    is_ending: bool
    # Why it ended as it did, or what it waits for; empty for one that completed.
    sentence: str
    error: str
    note: str
    seconds: float | None
    # From when on it counts, while it runs.
    since: datetime | None
    usual_s: float | None
    bar: Bar | None
    trigger: str
    who: str
    schedule: str
    schedule_url: str
    attempt: int
    queued_at: datetime
    moment_style: str
    queue: str
    worker: str
    may_cancel: bool
    may_run_again: bool


def shown_rows(
    found: Sequence[Mapping[str, Any]], user: User | AnonymousUser
) -> list[Row]:
    """Return rows of `searching.ROWS` as `user` sees them.

    A few queries for all of them, and one for each script and task to tell how long
    its runs usually take.
    """
    return _Rows(found, user).shown()


class _Rows:
    def __init__(
        self, found: Sequence[Mapping[str, Any]], user: User | AnonymousUser
    ) -> None:
        self.found = found
        self.now = timezone.now()
        self.waits = Waits.of(found)
        self.schedules = _schedules(found)
        self.usual = usual_durations({(r["script"], r["task"]) for r in found})
        self.sees_schedules = user.has_perm("tasks.view_schedule")
        self.may_cancel = user.has_perm("runs.cancel_run")
        self.may_run = user.has_perm("scripts.run_script")
        self.seconds = {row["id"]: self._seconds(row) for row in found}
        self.longest = max(
            [s for s in self.seconds.values() if s is not None]
            + list(self.usual.values()),
            default=0,
        )

    def shown(self) -> list[Row]:
        return [self._row(row) for row in self.found]

    def _row(self, row: Mapping[str, Any]) -> Row:
        status = RunStatus(row["status"])
        is_active = status in ACTIVE
        is_ending = is_active and row["cancel_requested_at"] is not None
        usual_s = self.usual.get((row["script"], row["task"]))
        seconds = self.seconds[row["id"]]
        schedule = self.schedules.get(row["schedule"])
        return Row(
            id=row["id"],
            short_id=str(row["id"])[-12:],
            url=reverse("admin:runs_run_change", args=[row["id"]]),
            name=row["task_name"] or row["script_name"],
            script_name=row["script_name"] if row["task_name"] else "",
            status=status,
            status_label=str(status.label),
            is_active=is_active,
            is_ending=is_ending,
            sentence=self._sentence(row),
            error=row["fingerprint"] or "",
            note=row["note"],
            seconds=seconds,
            since=row["began_at"] if is_active else None,
            usual_s=usual_s,
            bar=self._bar(seconds, usual_s),
            trigger=str(Trigger(row["trigger"]).label),
            who=row["requested_by_name"],
            schedule=str(schedule) if schedule else "",
            schedule_url=self._schedule_url(schedule),
            attempt=row["attempt"],
            queued_at=row["queued_at"],
            moment_style=self._style(row["queued_at"]),
            queue=row["queue"],
            worker=row["worker"],
            may_cancel=self.may_cancel and is_active and not is_ending,
            may_run_again=self.may_run and not is_active and row["script"] is not None,
        )

    def _seconds(self, row: Mapping[str, Any]) -> float | None:
        """How long it took, or goes on by now; None where it never began."""
        if row["began_at"] is None:
            return None
        end = row["finished_at"] or self.now
        return max((end - row["began_at"]).total_seconds(), 0)

    def _bar(self, seconds: float | None, usual_s: float | None) -> Bar | None:
        if seconds is None or not self.longest:
            return None
        usual = (
            "" if usual_s is None else f"{min(100 * usual_s / self.longest, 98):.1f}"
        )
        is_over = usual_s is not None and seconds > over_usual_after(usual_s)
        return Bar(f"{max(100 * seconds / self.longest, 1):.1f}", usual, is_over)

    def _sentence(self, row: Mapping[str, Any]) -> str:
        if row["status"] == RunStatus.COMPLETED:
            return ""
        return sentences.message(row) or sentences.waiting(row, self.waits) or ""

    def _schedule_url(self, schedule: Schedule | None) -> str:
        if schedule is None or not self.sees_schedules:
            return ""
        return reverse("admin:tasks_schedule_change", args=[schedule.pk])

    def _style(self, moment: datetime) -> str:
        return "minute" if abs(self.now - moment) > THIS_YEAR else "short"


def _schedules(found: Sequence[Mapping[str, Any]]) -> dict[int, Schedule]:
    numbers = {row["schedule"] for row in found if row["schedule"]}
    if not numbers:
        return {}
    # Its name may be its task's.
    return Schedule.objects.select_related("task").in_bulk(numbers)
