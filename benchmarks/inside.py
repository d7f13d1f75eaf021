"""What runs in the hub's own Django; `Stand.inside` calls it through `manage.py`."""

from __future__ import annotations

import itertools
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import services, worker
from apps.runs.logs import LogWriter
from apps.runs.models import Reason, Run, RunStatus, Trigger
from apps.scripts.models import Script
from apps.tasks.models import Schedule, Task
from benchmarks.names import NEEDLE, RARE

SHOWN_SETTINGS = (
    *("WORKERS", "LEASE_S", "FENCE_S", "HEARTBEAT_S", "TICK_S", "LOOK_S"),
    *("RESEND_AFTER_S", "LOG_LIMIT_BYTES", "OUTPUT_LIMIT_BYTES", "RUN_TIMEOUT_S"),
)
BATCH = 5000
PATIENCE_S = 120


def configuration() -> dict[str, Any]:
    """Return the settings that decide what is measured, as the hub has them."""
    return {name: getattr(settings, name) for name in SHOWN_SETTINGS}


def fill(count: int) -> list[str]:
    """Write `count` ended runs; return the ids of rows 0, 25, 50, 75 and 99 %.

    Nine of ten completed, spread over 20 scripts and a year. No ANALYZE follows, since
    the hub runs none either.
    """
    chance = random.Random(3)
    admin = User.objects.get()
    names = [RARE, *(f"script-{number}.sh" for number in range(20))]
    Script.objects.bulk_create(Script(name=name) for name in names)
    scripts = Script.objects.in_bulk(names, field_name="name")
    start = timezone.now() - timedelta(days=365)
    step = timedelta(days=365) / count
    ids: list[str] = []
    for first in range(0, count, BATCH):
        rows = [
            _run(start + number * step, scripts, admin, chance)
            for number in range(first, min(first + BATCH, count))
        ]
        Run.objects.bulk_create(rows)
        ids += [str(row.pk) for row in rows]
    return [ids[len(ids) * share // 100] for share in (0, 25, 50, 75, 99)]


def fill_week(count: int) -> str:
    """Write `count` ended runs of the last week, some that run and wait, failures of
    many kinds and 20 schedules; return the key of an administrator's session."""
    chance = random.Random(4)
    admin = User.objects.get()
    names = [RARE, *(f"script-{number}.sh" for number in range(20))]
    Script.objects.bulk_create(Script(name=name) for name in names)
    scripts = Script.objects.in_bulk(names, field_name="name")
    start = timezone.now() - timedelta(days=7)
    for first in range(0, count, BATCH):
        rows = []
        for number in range(first, min(first + BATCH, count)):
            moment = start + timedelta(days=7) * number / count
            row = _run(moment, scripts, admin, chance)
            # As if it had been made then: ids sort by their moments.
            row.pk = UUID(int=first_uuid7(moment).int + number)
            if row.status == RunStatus.FAILED:
                row.fingerprint = f"Error: kind {chance.choice('abcdefgh')}"
            rows.append(row)
        Run.objects.bulk_create(rows)
    _fill_active(scripts, admin, chance)
    for number in range(20):
        schedule = _schedule(every_s=60 + 300 * number)
        services.save_schedule(schedule=schedule)
    return sign_in()


def sign_in() -> str:
    """Return the key of an administrator's session."""
    admin = User.objects.get()
    session = SessionStore()
    session[SESSION_KEY] = str(admin.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = admin.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _fill_active(scripts: dict[str, Script], user: User, chance: random.Random) -> None:
    """Ten runs that go on, and five thousand that wait."""
    about: dict[str, Any] = {"reason": "", "finished_at": None, "exit_code": None}
    for number in range(5010):
        row = _run(timezone.now(), scripts, user, chance)
        for name, value in about.items():
            setattr(row, name, value)
        row.status = RunStatus.QUEUED
        row.began_at = row.claimed_at = None
        if number < 10:
            row.status, row.worker = RunStatus.RUNNING, "bench"
            row.began_at = row.claimed_at = timezone.now()
            row.claim_token = uuid4()
            row.lease_until = timezone.now() + timedelta(hours=1)
        row.save()


def _run(
    moment: Any, scripts: dict[str, Script], user: User, chance: random.Random
) -> Run:
    name = f"script-{chance.randrange(20)}.sh" if chance.random() > 0.001 else RARE
    status, reason, code = RunStatus.COMPLETED, Reason.EXIT, 0
    if name != RARE and chance.random() < 0.1:
        status, reason, code = RunStatus.FAILED, Reason.EXIT, 1
    if name != RARE and chance.random() < 0.02:
        status, reason, code = RunStatus.CANCELLED, Reason.USER, None
    return Run(
        script=scripts[name],
        script_name=name,
        parameters={"url": "http://127.0.0.1/feed.xml", "limit": 10},
        status=status,
        reason=reason,
        exit_code=code,
        trigger=Trigger.API,
        requested_by=user,
        requested_by_name=user.get_username(),
        timeout_s=3600,
        queued_at=moment,
        claimed_at=moment,
        began_at=moment,
        started_at=moment,
        finished_at=moment + timedelta(seconds=chance.random() * 60),
        log_bytes=chance.randrange(10_000),
    )


def fill_log(
    lines: int, lines_a_block: int, streams: Sequence[str] = ("stdout", "stderr")
) -> str:
    """Write the log of an ended run, and return the run's id.

    Lines have 81 bytes; one, three quarters down, holds NEEDLE. The streams take
    turns block by block: blocks of one line become rows of one line.
    """
    script = Script.objects.get(name="sh.sh")
    scripts = defaultdict(lambda: script)
    run = _run(timezone.now(), scripts, User.objects.get(), random.Random(3))
    run.save()
    log = LogWriter(run.pk, limit_bytes=2**40)
    turns = itertools.cycle(streams)
    for first in range(0, lines, lines_a_block):
        numbers = range(first, min(first + lines_a_block, lines))
        text = "".join(f"{_line(number, lines)}\n" for number in numbers)
        log.write(next(turns), text.encode())
    log.close()
    return str(run.pk)


def _line(number: int, lines: int) -> str:
    if number == lines * 3 // 4:
        return f"line {number:09} {NEEDLE}".ljust(80, "!")
    return f"line {number:09} of many, 0123456789 abcdefgh".ljust(80, ".")


def count_queries() -> int:
    """Execute one short run in this process and count its worker's queries.

    BEGIN, COMMIT and savepoints are not counted. The run before fills what a worker
    remembers.
    """
    for _turn in range(2):
        run = services.start_run(
            script=Script.objects.get(name="sh.sh"),
            parameters={},
            user=User.objects.get(),
            trigger=Trigger.API,
        )
        with CaptureQueriesContext(connection) as queries:
            worker.look()
    run.refresh_from_db()
    assert run.status == RunStatus.COMPLETED, run.detail
    beside = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(beside) for query in queries)


def plan_every(seconds: list[int]) -> str:
    """Plan a short run every so many seconds, for each of these; returns the task."""
    made = [_schedule(every_s=every_s) for every_s in seconds]
    for schedule in made:
        services.save_schedule(schedule=schedule)
    return made[0].task.name


def plan_at_once(count: int, ahead_s: int) -> float:
    """Plan `count` runs for one second, `ahead_s` from now; returns that second."""
    second = timezone.now().replace(microsecond=0) + timedelta(seconds=ahead_s)
    for _number in range(count):
        services.save_schedule(schedule=_schedule(at=second))
    assert timezone.now() < second, "Setting the alarms took too long."
    return second.timestamp()


def wait_for_fires(count: int, second: float) -> float:
    """Wait for the runs of that second; returns when the last one came, in seconds
    after it."""
    planned = Run.objects.filter(trigger=Trigger.SCHEDULE)
    deadline = time.monotonic() + PATIENCE_S
    while planned.count() < count:
        assert time.monotonic() < deadline, f"Only {planned.count()} runs came."
        time.sleep(0.5)
    last = planned.latest("queued_at").queued_at
    return float(last.timestamp() - second)


def _schedule(**when: Any) -> Schedule:
    script = Script.objects.get(name="sh.sh")
    task, _made = Task.objects.get_or_create(
        name="measured", defaults={"script": script, "parameters": {}}
    )
    return Schedule(task=task, timezone="UTC", overlap="allow", **when)
