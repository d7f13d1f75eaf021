"""What a demo hub remembers; runs in its own Django."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import services
from apps.runs.models import Occurrence, Run, Trigger
from apps.scripts.models import Script
from apps.scripts.services import sync_scripts
from apps.tasks.favourites import set_favourite
from apps.tasks.models import FreezeWindow, Schedule, Task

# Seconds that each usually takes.
USUAL = {
    "db/backup.sh": 95,
    "fetch_rss.py": 3,
    "reports/invoices.py": 31,
    "http_check.py": 0.8,
    "disk_usage.sh": 0.3,
    "deploy/restart.sh": 12,
}
OFTEN = (1, 6, 2, 9, 6, 1)
ERRORS = {
    "fetch_rss.py": "error: no feed at http://news.example/rss: connection refused",
    "reports/invoices.py": "KeyError: 'customer'",
    "http_check.py": "error: shop.example answered # after # ms",
}
TASKS = {
    "Nightly backup": ("db/backup.sh", {}),
    "News": ("fetch_rss.py", {"url": "http://news.example/rss", "limit": 10}),
    "Shop is up": ("http_check.py", {"url": ["http://shop.example/"]}),
    "Invoices": ("reports/invoices.py", {}),
}
PLANS = {
    "Nightly backup": {"cron": "30 2 * * *", "label": "each night"},
    "News": {"every_s": 1800, "label": "half-hourly"},
    "Shop is up": {"cron": "*/15 * * * *"},
    "Invoices": {"cron": "0 7,19 * * 1-5", "label": "before the post"},
}
FATES = ((2, "missed", "outage"), (2.5, "missed", "outage"), (5, "skipped", "overlap"))
RUNS = 520
# What pictures and walks show: the newest run of a script that went so.
SHOWN = {
    "run": ("db/backup.sh", "completed"),
    "failed": ("reports/invoices.py", "failed"),
    "running": ("deploy/restart.sh", "running"),
    "waiting": ("models/train.sh", "queued"),
}
WORKER = "hub-1:214:5f0c"


def sync() -> int:
    """Look into the scripts folder; returns how many scripts there are."""
    return sync_scripts().total


def remember() -> None:
    """Write a week of runs, tasks with schedules and a ledger, and favourites."""
    scripts = {script.name: script for script in Script.objects.all()}
    admin = User.objects.get(username="admin")
    tasks = {
        script: Task.objects.create(
            name=name, script=scripts[script], parameters=parameters, owner=admin
        )
        for name, (script, parameters) in TASKS.items()
    }
    _ended_runs(scripts, tasks, admin)
    _plans(tasks)
    for what in (
        scripts["disk_usage.sh"],
        tasks["db/backup.sh"],
        scripts["fetch_rss.py"],
    ):
        set_favourite(user=admin, what=what)


def addresses() -> dict[str, str]:
    """Return the pages of what the demo is about, by name."""
    script = Script.objects.get(name="reports/invoices.py").pk
    task = Task.objects.get(name="News").pk
    pages = {name: f"{_latest_run(*which)}change/" for name, which in SHOWN.items()}
    return pages | {
        "log": f"{_latest_run(*SHOWN['run'])}log/view/",
        "form": f"/admin/scripts/script/{script}/run/",
        "script": f"/admin/scripts/script/{script}/change/",
        "versions": f"/admin/scripts/script/{script}/versions/",
        "diff": f"/admin/scripts/script/{script}/diff/?from=1&to=2",
        "task": f"/admin/tasks/task/{task}/change/",
        "ledger": f"/admin/tasks/task/{task}/ledger/",
        "schedule": f"/admin/tasks/schedule/{_schedule_of(task)}/change/",
    }


def _latest_run(script_name: str, status: str) -> str:
    runs = Run.objects.filter(script_name=script_name, status=status)
    return f"/admin/runs/run/{runs.latest('pk').pk}/"


def _schedule_of(task: int) -> int:
    return Schedule.objects.get(task=task).pk


def _ended_runs(
    scripts: dict[str, Script], tasks: dict[str, Task], admin: User
) -> None:
    chance = random.Random(7)
    now = timezone.now()
    rows = []
    for _number in range(RUNS):
        [name] = chance.choices(list(USUAL), OFTEN)
        ago_s = chance.random() ** 1.3 * 6.8 * 86400 + 300
        at = now - timedelta(seconds=ago_s)
        # One script began to fail today.
        is_known = name != "reports/invoices.py" or ago_s < 86400
        status = "completed"
        if name in ERRORS and is_known and chance.random() < 0.06:
            status = "failed"
        elif chance.random() < 0.012:
            status = "cancelled"
        row = _ended_run(scripts[name], status, at, chance)
        row.task, row.requested_by_name = tasks.get(name), admin.username
        rows.append(row)
    Run.objects.bulk_create(rows)


def _ended_run(script: Script, status: str, at: datetime, chance: random.Random) -> Run:
    took_s = USUAL[script.name] * chance.lognormvariate(0, 0.4)
    return Run(
        id=UUID(int=first_uuid7(at).int + chance.randrange(2**60)),
        script=script,
        script_name=script.name,
        status=status,
        reason="user" if status == "cancelled" else "exit",
        exit_code={"completed": 0, "failed": 1}.get(status),
        fingerprint=ERRORS[script.name] if status == "failed" else None,
        trigger=chance.choice(("schedule", "admin", "api")),
        timeout_s=3600,
        worker=WORKER,
        queued_at=at,
        claimed_at=at,
        began_at=at,
        started_at=at,
        finished_at=at + timedelta(seconds=took_s),
        cpu_s=round(took_s * 0.4, 2),
        max_rss_bytes=chance.randrange(20, 90) * 2**20,
    )


def _plans(tasks: dict[str, Task]) -> None:
    now = timezone.now()
    by_name = {task.name: task for task in tasks.values()}
    made = {
        name: services.save_schedule(
            schedule=Schedule(task=by_name[name], timezone="Europe/Berlin", **when)
        )
        for name, when in PLANS.items()
    }
    news = made["News"]
    for hours, outcome, cause in FATES:
        Occurrence.objects.create(
            schedule=news,
            schedule_key=news.pk,
            label=news.label,
            task=news.task,
            scheduled_for=now - timedelta(hours=hours),
            outcome=outcome,
            cause=cause,
        )
    FreezeWindow.objects.create(
        reason="The shop moves to the new host",
        task=tasks["http_check.py"],
        start=now + timedelta(hours=3),
        end=now + timedelta(hours=6),
    )


def start() -> list[str]:
    """Start a run that completes, one that fails, one that goes on and one that waits
    for a worker; returns the ids of the first two."""
    ids = [_start("db/backup.sh"), _start("reports/invoices.py")]
    go_on()
    wait_for_a_worker()
    return ids


def ended(ids: list[str]) -> int:
    """Return how many of these runs have ended."""
    return Run.objects.filter(pk__in=ids, finished_at__isnull=False).count()


def begun(run_id: str) -> bool:
    """Whether a run has begun."""
    return Run.objects.filter(pk=run_id, began_at__isnull=False).exists()


def wait_for_a_worker() -> str:
    """Start one more run that nobody takes."""
    return _start("models/train.sh")


def go_on() -> str:
    """Start one more run that does not end by itself."""
    return _start("deploy/restart.sh")


def _start(name: str) -> str:
    run = services.start_run(
        script=Script.objects.get(name=name),
        parameters={},
        user=User.objects.get(username="admin"),
        trigger=Trigger.ADMIN,
    )
    return str(run.pk)
