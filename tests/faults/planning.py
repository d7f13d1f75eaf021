"""What runs in the Django of a hub under fault: plans schedules, and audits them.

`planned` calls it from a test.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.runs import alarm, services
from apps.runs.models import Alarm, Occurrence, Reason, Run, RunStatus
from apps.runs.services.moment import database_now
from apps.scripts.models import Script
from apps.tasks.models import Schedule, Task
from apps.tasks.timing import fires
from tests.faults.site import Site

INSTANT = timedelta(microseconds=1)
SOON = timedelta(seconds=2)


def planned(site: Site, function: str, *given: Any, **named: Any) -> Any:
    """Call a function of this module in the hub's own Django."""
    words = [repr(value) for value in given]
    words += [f"{name}={value!r}" for name, value in named.items()]
    return site.hub.inside(__name__, f"{function}({', '.join(words)})")


def plan(
    *, ago_s: float | None = None, script: str = "quick.sh", **terms: Any
) -> list[int]:
    """Plan a schedule of a task of its own; returns (task, schedule).

    It begins in two seconds; with `ago_s` it began so long ago, and since then no
    cluster was there.
    """
    number = Task.objects.count()
    task = Task.objects.create(
        name=f"task {number}", script=Script.objects.get(name=script)
    )
    now = database_now().replace(microsecond=0)
    begin = now + SOON if ago_s is None else now - timedelta(seconds=ago_s)
    usual = {"timezone": "UTC", "overlap": "allow", "start": begin}
    schedule = Schedule(task=task, **usual | terms)
    services.save_schedule(schedule=schedule)
    if ago_s is not None:
        Alarm.objects.filter(pk=schedule.pk).update(
            written_until=begin - INSTANT, rings_at=begin
        )
        alarm.set_alarm(schedule.pk, begin)
    return [task.pk, schedule.pk]


def plan_between(cron: str, zone: str, since: str) -> list[int]:
    """Plan a schedule for three days of the past, in UTC; returns (task, schedule)."""
    begin = datetime.fromisoformat(f"{since}T00:00+00:00")
    ago_s = (database_now() - begin).total_seconds()
    end = begin + timedelta(days=3)
    task, schedule = plan(ago_s=ago_s, cron=cron, timezone=zone, missed="skip")
    Schedule.objects.filter(pk=schedule).update(start=begin, end=end)
    return [task, schedule]


def plan_at_once(count: int) -> list[float]:
    """Plan `count` schedules of one task for one second; returns (task, second).

    Their runs wait in a queue that nobody serves: a thousand processes would show
    nothing more.
    """
    script = Script.objects.get(name="quick.sh")
    task = Task.objects.create(name="at once", script=script, queue="unserved")
    far = timezone.now() + timedelta(days=1)
    with transaction.atomic():
        for _number in range(count):
            schedule = Schedule(task=task, timezone="UTC", at=far, start=None)
            services.save_schedule(schedule=schedule)
        second = database_now().replace(microsecond=0) + SOON
        Schedule.objects.filter(task=task.pk).update(at=second)
        Alarm.objects.filter(schedule__task=task.pk).update(rings_at=second)
        for key in Schedule.objects.filter(task=task.pk).values_list("pk", flat=True):
            alarm.set_alarm(key, second)
    return [task.pk, second.timestamp()]


def cancel_all(task_id: int) -> int:
    """Cancel the runs of a task, which all wait; returns how many there were."""
    waiting = Run.objects.filter(task=task_id, status=RunStatus.QUEUED)
    return waiting.move(RunStatus.CANCELLED, reason=Reason.USER)


def stop(task_id: int) -> int:
    """Have a task's schedules fire no more, and their ledgers written up to now."""
    schedules = Schedule.objects.filter(task=task_id)
    for schedule in schedules:
        schedule.enabled = False
        services.save_schedule(schedule=schedule)
    return len(schedules)


def audit(task_id: int) -> list[str]:
    """Return what is wrong with the ledgers of a task: nothing, if all is well.

    Each fire up to where the ledger is written has one row, no other has one; each row
    that says so has its run, and no run is without its row.
    """
    wrong: list[str] = []
    for written in Alarm.objects.filter(schedule__task=task_id):
        wrong += _audit(written.schedule, written.written_until)
    return wrong[:20]


def _audit(schedule: Schedule, until: datetime) -> list[str]:
    first = schedule.start or schedule.created_at
    expected = list(fires(schedule.plan, first - INSTANT, until))
    rows = Occurrence.objects.filter(schedule_key=schedule.pk).order_by("scheduled_for")
    found = [row.scheduled_for for row in rows]
    runs = Counter(
        Run.objects.filter(schedule=schedule.pk, retry_of=None).values_list(
            "scheduled_for", flat=True
        )
    )
    wrong = []
    if found != expected:
        odd = sorted(set(found) ^ set(expected))
        wrong.append(f"{schedule.pk}: {len(found)} of {len(expected)} fires, {odd[:9]}")
    started = {row.scheduled_for for row in rows if row.outcome in ("started", "late")}
    if runs != Counter(started):
        odd = sorted(set(runs) ^ started)
        wrong.append(f"{schedule.pk}: runs {sum(runs.values())}, {len(started)}, {odd}")
    return wrong


def outcomes(task_id: int) -> dict[str, int]:
    """Return how many fires of a task met which fate."""
    rows = Occurrence.objects.filter(task=task_id)
    return dict(Counter(rows.values_list("outcome", flat=True)))


def moments(task_id: int) -> list[str]:
    """Return the moments of a task's fires, as the ledger has them."""
    rows = Occurrence.objects.filter(task=task_id).order_by("scheduled_for")
    return [f"{row.scheduled_for:%Y-%m-%dT%H:%MZ}" for row in rows]


def latest_s(task_id: int) -> float:
    """Return how many seconds after its fire the latest run of a task was queued."""
    runs = Run.objects.filter(task=task_id)
    return max((r.queued_at - r.scheduled_for).total_seconds() for r in runs)
