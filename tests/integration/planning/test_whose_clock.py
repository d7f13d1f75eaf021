"""Pages of the console on a host whose clock is wrong: they go by the database's."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.tasks.models import FreezeWindow
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LIST = reverse("admin:tasks_schedule_changelist")
FREEZES = reverse("admin:tasks_freezewindow_changelist")


@pytest.fixture(params=[-5, 5], ids=["behind", "ahead"])
def wrong(request, admin_client):
    """A page as a host shows it whose clock is five hours behind or ahead."""

    def look(address):
        with time_machine.travel(timezone.now() + request.param * HOUR):
            return admin_client.get(address)

    return look


def change(row):
    opts = row._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])


def moments(answer):
    return set(re.findall(r'<time datetime="([^"]+)"', answer.content.decode()))


def next_hour():
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    return f"{now + HOUR:%Y-%m-%dT%H:%M:%S}Z"


@pytest.mark.parametrize("page", ["the list", "its task", "its script"])
def test_the_next_fire_is_the_next(wrong, plan, page):
    schedule = plan(cron="0 * * * *")
    task = schedule.task
    pages = {
        "the list": LIST,
        "its task": change(task),
        "its script": change(task.script),
    }
    before = next_hour()
    shown = moments(wrong(pages[page]))
    # The hour may end just now.
    assert shown & {before, next_hour()}


def test_the_preview_begins_with_the_next(wrong, plan):
    schedule = plan(cron="0 * * * *")
    before = next_hour()
    rows = wrong(change(schedule)).context["preview_rows"]
    utc = rows[0].times[0]
    shown = f"{utc.day[4:]}T{utc.clock[:5]}:00Z"
    assert shown in {before, next_hour()}


def test_a_pause_holds_as_long_as_it_holds(wrong, plan):
    schedule = plan()
    now = timezone.now()
    services.pause(schedule=schedule, until=now + HOUR, by="ann")
    services.pause(schedule=None, until=now + HOUR, reason="moving", by="ann")

    for page in (LIST, change(schedule), change(schedule.task)):
        assert "moving" in text_of(wrong(page)), page
    assert "Resume" in text_of(wrong(change(schedule)))


def test_a_window_holds_as_long_as_it_holds(wrong, plan):
    schedule = plan()
    now = timezone.now()
    FreezeWindow.objects.create(reason="sale", start=now - HOUR, end=now + HOUR)

    assert "holds now" in text_of(wrong(FREEZES))
    assert "sale" in text_of(wrong(f"{FREEZES}?when=now"))
    assert "In a freeze window until" in text_of(wrong(change(schedule.task)))


def test_the_home_page_counts_hours_from_now(wrong, make_run):
    now = timezone.now()
    for hours in (22, 26):
        make_run(status="failed", finished_at=now - hours * HOUR)
    assert wrong("/admin/").context["failures"].count.number == 1
