"""What `manage.py tasks`, `manage.py schedules`, `manage.py preview`, `manage.py pause`,
`manage.py resume` and `manage.py ledger` say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import translation

from apps.runs import services
from apps.runs.models import Cause, Occurrence, Outcome
from apps.tasks.models import Pause, Task
from tests.conftest import HELLO
from tests.integration.planning.conftest import NIGHTLY, run

pytestmark = pytest.mark.django_db

SPRING = datetime(2026, 3, 7, 12, tzinfo=UTC)
REFUSED = [
    (["preview", "30 2 * *"], "has five fields .* this one has 4"),
    (["preview", "31 2 *"], "this one has 3"),
    (["preview", "0 0 30 2 *"], "No day ever matches"),
    (["preview"], "Say when: either a cron expression, --every or --at"),
    (["preview", NIGHTLY, "--every", "60"], "and only one"),
    (["preview", "--every", "0"], "at least 1 second, not 0"),
    (["preview", "--every", "x"], "whole number of seconds"),
    (["preview", "--at", "soon"], "soon is not a date and time"),
    (["preview", NIGHTLY, "--timezone", "Mars"], "There is no time zone Mars"),
    (["preview", NIGHTLY, "--start", "x"], "x is not a date and time"),
    (
        ["preview", NIGHTLY, "--start", "2026-02-01", "--end", "2026-01-01"],
        "must come after the start",
    ),
    (["preview", NIGHTLY, "--count", "0"], "'0' is not a number from 1 to 100"),
    (["preview", NIGHTLY, "--count", "9" * 30], "is not a number from 1 to 100"),
    (["pause"], "Name the id of a schedule, or --all, and only one of them"),
    (["pause", "1", "--all"], "and only one of them"),
    (["pause", "0"], "There is no schedule 0; see: manage.py schedules"),
    (["pause", "x"], "There is no schedule x"),
    (["pause", "9" * 30], "There is no schedule 9999"),
    (["pause", "--all", "--until", "soon"], "soon is not a date and time"),
    (["pause", "--all", "--until", "2001-01-01"], "is over: it is"),
    (["pause", "--all", "--reason", "x" * 201], "200 characters at most"),
    (["resume"], "Name the id of a schedule, or --all"),
    (["resume", "--all"], "There was no pause of every schedule"),
    (["ledger", "nothing"], "There is no task nothing; see: manage.py tasks"),
    (["ledger", "9" * 30], "There is no task 9999"),
    (["ledger", "greet", "--from", "soon"], "soon is not a date and time"),
    (["ledger", "greet", "--from", "2130-01-01"], "It ends .* before it begins"),
    (["ledger", "greet", "--to", "3000-01-01"], "^3000-01-01 is out of range"),
    (["schedules", "--task", "nothing"], "There is no task nothing; see: manage.py ta"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_cannot_be_done_is_one_sentence(plan, arguments, sentence):
    plan()

    with pytest.raises(CommandError, match=sentence) as caught:
        run(*arguments)

    assert "\n" not in str(caught.value)
    assert not Pause.objects.exists()


def test_a_refusal_is_in_the_hubs_language(db):
    with translation.override("zh-hans"), pytest.raises(CommandError) as caught:
        call_command("preview", "30 2 * *")

    assert "\u5b57\u6bb5" in str(caught.value)


def test_tasks_are_listed_one_a_line(plan, add_script, hello):
    plan()
    Task.objects.create(name="off", script=hello, enabled=False)
    Task.objects.create(name="plain", script=hello)
    add_script("hello.py", HELLO.replace("--name", "--whom"))

    out = [" ".join(line.split()) for line in run("tasks").splitlines()]

    assert out[0] == "ID NAME SCRIPT SCHEDULES STATE"
    assert "greet hello.py 1 name:" in out[1]
    assert out[2].endswith("off hello.py 0 disabled")
    assert out[3].endswith("plain hello.py 0 enabled")


def test_schedules_are_listed_with_words_next_fire_and_state(plan):
    plan(label="nights", timezone="Asia/Shanghai")
    paused = plan(label="often", every_s=3600)
    services.pause(schedule=paused, reason="the move")

    out = [" ".join(line.split()) for line in run("schedules").splitlines()]

    assert out[0] == "ID TASK SCHEDULE WHEN NEXT FIRE STATE"
    assert "greet nights At 02:30 every day 20" in out[1]
    assert out[1].endswith("02:30 (Asia/Shanghai) on")
    assert out[2].endswith("- Paused until somebody resumes it. Reason: the move")


@time_machine.travel(SPRING, tick=False)
def test_preview_shows_words_and_fires_with_marks(db):
    out = run("preview", NIGHTLY, "--timezone", "America/New_York", "--count", "2")

    assert out.splitlines() == [
        "At 02:30 every day",
        "America/New_York           UTC",
        "2026-03-08 03:00:00-04:00  2026-03-08 07:00:00+00:00  dst_gap",
        "2026-03-09 02:30:00-04:00  2026-03-09 06:30:00+00:00",
    ]


@pytest.mark.parametrize(
    ("arguments", "fires"),
    [
        (["--every", "3600", "--start", "2026-03-01"], ["00:00", "01:00", "02:00"]),
        (["--at", "2026-03-08 06:00"], ["06:00"]),
        ([NIGHTLY, "--start", "2026-01-01", "--end", "2026-01-02"], ["02:30"]),
        (["--at", "2026-03-01"], []),
    ],
)
@time_machine.travel(SPRING, tick=False)
def test_preview_takes_intervals_dates_and_limits(db, arguments, fires):
    out = run("preview", *arguments, "--count", "3")

    assert [line[11:16] for line in out.splitlines()[2:]] == fires
    assert ("Nothing is to come." in out) is (not fires)


def test_a_schedule_is_paused_and_resumed(plan):
    schedule = plan(timezone="Asia/Shanghai")

    out = run("pause", str(schedule.pk), "--until", "2130-01-01 08:00", "--reason", "x")

    assert out == "night is paused until 2130-01-01 08:00 (Asia/Shanghai).\n"
    pause = Pause.objects.get()
    assert (pause.schedule, pause.reason) == (schedule, "x")
    assert pause.until == datetime(2130, 1, 1, tzinfo=UTC)
    assert run("resume", str(schedule.pk)) == "night is resumed.\n"
    with pytest.raises(CommandError, match="night is not paused by itself"):
        run("resume", str(schedule.pk))


def test_no_label_commands_the_terminal(plan):
    schedule = plan(label="night\x1b[31m\n")

    assert "night\\x1b[31m\\n is paused" in run("pause", str(schedule.pk))
    assert "night\\x1b[31m\\n is resumed" in run("resume", str(schedule.pk))
    assert "\x1b" not in run("schedules", "--task", str(schedule.task_id))


def test_every_schedule_is_paused_and_resumed(plan):
    plan()

    assert run("pause", "--all") == "Every schedule is paused.\n"
    assert Pause.objects.get().schedule is None
    assert "The pause of every schedule is over" in run("resume", "--all")


def test_the_ledger_is_read_by_name_and_by_id(plan):
    schedule = plan()
    start = datetime(2026, 3, 1, tzinfo=UTC)
    row = {"schedule": schedule, "schedule_key": schedule.pk, "task": schedule.task}
    make = Occurrence.objects.create
    make(**row, label="night", scheduled_for=start, outcome=Outcome.STARTED)
    make(
        **row,
        label="night",
        scheduled_for=start + timedelta(hours=1),
        until=start + timedelta(hours=2),
        count=30,
        outcome=Outcome.MISSED,
        cause=Cause.OUTAGE,
    )

    out = run("ledger", "greet", "--from", "2026-03-01", "--to", "2026-03-01")

    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[:2] == ["expected 31", "started 1"]
    assert lines[-1] == (
        "2026-03-01 01:00 (UTC) - 2026-03-01 02:00 (UTC) night missed 30x "
        "No cluster was there to start it in time."
    )
    assert out == run(
        "ledger", str(schedule.task.pk), "--from", "2026-03-01", "--to", "2026-03-01"
    )
