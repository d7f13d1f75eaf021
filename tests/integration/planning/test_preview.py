"""The preview: the next fires of what is typed, before it is saved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from apps.runs import services
from apps.runs.models import RunStatus
from apps.tasks.models import FreezeWindow, Schedule
from apps.tasks.timing import Every, Plan, parse_cron, parse_every, parse_zone
from tests.integration.planning.conftest import NIGHTLY, text_of

pytestmark = pytest.mark.django_db

SPRING = datetime(2026, 3, 7, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


def hourly():
    return Plan(rule=Every(parse_every(3600), MIDNIGHT), zone=parse_zone("UTC"))


def marks(plan, task=None, count=4):
    found = services.preview(plan=plan, after=MIDNIGHT, count=count, task=task)
    return [fire.marks for fire in found.fires]


@pytest.fixture
def typed(send, monkeypatch):
    """Send what is typed to the address that the page's script asks."""
    monkeypatch.setattr(services, "database_now", lambda: SPRING)

    def typed(**form):
        with time_machine.travel(SPRING, tick=False):
            return send("admin:tasks_schedule_preview", **form)

    return typed


def test_words_and_ten_fires_stand_in_three_zones(typed, settings):
    answer = typed(
        cron=NIGHTLY, timezone="America/New_York", browser_zone="Asia/Shanghai"
    )

    text = text_of(answer)
    assert "At 02:30" in text
    assert "America/New_York the schedule Asia/Shanghai this browser" in text
    first = "Sun 2026-03-08 03:00 -04:00 Sun 2026-03-08 15:00 +08:00"
    assert f"{first} Sun 2026-03-08 07:00 +00:00" in text
    assert answer.content.decode().count("<tr>") == 1 + 10
    assert not Schedule.objects.exists()


def test_a_time_left_out_by_daylight_saving_is_said(typed):
    text = text_of(typed(cron=NIGHTLY, timezone="America/New_York"))

    assert text.count("The clock is put forward over this time") == 1


def test_a_zone_that_is_shared_stands_once(typed):
    text = text_of(typed(cron=NIGHTLY, timezone="UTC", browser_zone="UTC"))

    assert "UTC the schedule, this browser" in text


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../etc/passwd", "", "x" * 5000])
def test_a_browser_zone_that_is_unknown_is_left_out(typed, zone):
    assert "this browser" not in text_of(typed(cron=NIGHTLY, browser_zone=zone))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"cron": "30 2 * *"}, "has five fields"),
        ({"cron": ""}, "Say when: either"),
        ({"cron": NIGHTLY, "timezone": "Mars"}, "There is no time zone Mars"),
        ({"at": "soon"}, "soon is not a date and time"),
        ({"cron": "<b> 2 * * *"}, "<B> cannot be read"),
    ],
)
def test_what_is_wrong_is_said_instead(typed, form, sentence):
    answer = typed(**form)

    assert answer.status_code == 200
    assert sentence in text_of(answer)
    assert b"<b" not in answer.content.lower()


def test_a_fire_is_shown_before_a_task_was_chosen(typed):
    assert "At 02:30" in text_of(typed(cron=NIGHTLY, task=""))


def test_without_a_script_the_button_shows_it_and_saves_nothing(send):
    answer = send(cron=NIGHTLY, label="night", _preview="Preview")

    assert answer.status_code == 200
    assert "At 02:30" in text_of(answer)
    assert answer.context["adminform"].form["label"].value() == "night"
    assert "Please correct" not in text_of(answer)
    assert not Schedule.objects.exists()


def test_a_saved_schedule_shows_its_next_fires(page, plan):
    text = page("tasks_schedule_change", plan().pk)

    assert "Next fires At 02:30" in text


def test_only_who_may_change_schedules_may_ask(client, make_user, plan):
    schedule = plan()
    client.force_login(make_user("ann", "Viewer", is_staff=True))
    names = ["admin:tasks_schedule_preview", "admin:tasks_schedule_preview_of"]

    answers = [
        client.post(reverse(name, args=args), {"cron": NIGHTLY})
        for name, args in zip(names, ([], [schedule.pk]), strict=True)
    ]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_fires_within_a_freeze_window_are_marked(task):
    window = {"start": MIDNIGHT, "end": MIDNIGHT + timedelta(hours=2)}
    FreezeWindow.objects.create(reason="sale", tag="billing", **window)

    assert marks(hourly(), task)[:2] == [(), ()]
    task.tags = ["billing"]
    assert marks(hourly(), task) == [("freeze",), (), (), ()]
    FreezeWindow.objects.create(reason="all", **window)
    assert marks(hourly())[:2] == [("freeze",), ()]


def test_a_task_that_usually_takes_longer_is_marked_as_overlapping(task, make_run):
    for minutes in (1, 70, 80):
        make_run(
            task=task,
            status=RunStatus.COMPLETED,
            began_at=MIDNIGHT,
            finished_at=MIDNIGHT + timedelta(minutes=minutes),
        )

    assert marks(hourly(), task, count=2) == [("overlap",), ("overlap",)]
    assert marks(hourly(), None, count=2) == [(), ()]


def test_the_fire_that_comes_too_soon_is_marked_and_not_the_one_before(task, make_run):
    make_run(
        task=task,
        status=RunStatus.COMPLETED,
        began_at=MIDNIGHT,
        finished_at=MIDNIGHT + timedelta(minutes=15),
    )
    plan = Plan(rule=parse_cron("0,10 * * * *"), zone=parse_zone("UTC"))

    assert marks(plan, task) == [("overlap",), (), ("overlap",), ()]


def test_a_task_that_is_usually_quick_is_not(task, make_run):
    make_run(
        task=task,
        status=RunStatus.COMPLETED,
        began_at=MIDNIGHT,
        finished_at=MIDNIGHT + timedelta(minutes=59),
    )

    assert marks(hourly(), task, count=2) == [(), ()]


def test_fires_are_given_in_utc_and_in_the_plans_zone():
    zone = parse_zone("America/New_York")
    plan = Plan(rule=parse_cron(NIGHTLY), zone=zone)

    found = services.preview(plan=plan, after=SPRING, count=2)

    assert [fire.local.isoformat() for fire in found.fires] == [
        "2026-03-08T03:00:00-04:00",
        "2026-03-09T02:30:00-04:00",
    ]
    assert found.fires[0].utc == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert found.fires[0].marks == ("dst_gap",)
