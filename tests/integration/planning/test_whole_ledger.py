"""The ledger of all tasks: figures that add up, what was missed first, and for whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Alarm, Cause, DayCount, Occurrence, Outcome
from apps.runs.services.whole_ledger import read_whole_ledger
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 3, 1, tzinfo=UTC)
TIME = {"since": DAY, "until": DAY + timedelta(days=1)}


@pytest.fixture
def other(hello):
    return Task.objects.create(name="other", script=hello)


@pytest.fixture
def row(plan):
    """Write a row into the ledger of a task's schedule, which is made once."""
    made = {}

    def row(task, outcome, cause="", *, hour=0, **changes):
        if task.pk not in made:
            made[task.pk] = plan(task=task, label=f"of {task.name}", start=DAY)
        schedule = made[task.pk]
        values = {
            "schedule": schedule,
            "schedule_key": schedule.pk,
            "label": schedule.label,
            "task": task,
            "scheduled_for": DAY + timedelta(hours=hour),
            "outcome": outcome,
            "cause": cause,
        }
        return Occurrence.objects.create(**values | changes)

    return row


@pytest.fixture
def read(page):
    """Return the text of the page for a day."""

    def read(query="?from=2026-03-01&to=2026-03-01"):
        return page("runs_ledger", query=query)

    return read


def whole(**changes):
    return read_whole_ledger(tasks=Task.objects.all(), **TIME | changes)


def test_its_figures_add_up_to_those_of_each_task(row, task, other):
    row(task, Outcome.STARTED)
    row(task, Outcome.MISSED, Cause.OUTAGE, hour=1)
    end = DAY + timedelta(hours=9)
    row(other, Outcome.SKIPPED, Cause.PAUSED, hour=-2, until=end, count=11)
    row(other, Outcome.LATE, hour=12, late_s=90)
    day = {"schedule_key": 99, "day": DAY.date(), "outcome": "missed", "count": 4}
    DayCount.objects.create(task=other, cause="outage", **day)
    for schedule in Alarm.objects.all():
        Alarm.objects.filter(pk=schedule.pk).update(written_until=DAY, rings_at=DAY)

    found = whole()
    single = [services.read_ledger(task=each, **TIME) for each in (task, other)]

    assert found.total.unwritten
    for name in Outcome.values:
        assert found.total[name] == sum(one.total[name] for one in single), name
    assert found.total.expected == sum(one.total.expected for one in single)
    of_each = {one.name: tally for one, tally in found.by_task}
    assert of_each["other"].counts == single[1].total.counts


def test_tasks_with_missed_fires_stand_first(row, task, other):
    row(task, Outcome.STARTED)
    row(other, Outcome.MISSED, Cause.OUTAGE)

    assert whole().by_task[0][0].name == "other"


def test_missed_fires_are_listed_in_front_of_later_ones(row, task, other):
    row(task, Outcome.MISSED, Cause.OUTAGE)
    row(other, Outcome.SKIPPED, Cause.OVERLAP, hour=5)
    row(other, Outcome.STARTED, hour=6)

    assert [one.outcome for one in whole().exceptions] == ["missed", "skipped"]
    assert [one.outcome for one in whole(outcome="started").exceptions] == ["started"]


def test_it_takes_as_many_queries_for_many_tasks(
    row, hello, django_assert_max_num_queries
):
    for number in range(12):
        each = Task.objects.create(name=f"t{number}", script=hello)
        row(each, Outcome.MISSED, Cause.OUTAGE)

    with django_assert_max_num_queries(9):
        assert len(whole().by_task) == 12


def test_the_page_says_what_became_of_all_fires(row, read, task, other):
    row(task, Outcome.STARTED)
    row(other, Outcome.MISSED, Cause.OUTAGE)
    Alarm.objects.update(rings_at=timezone.now() + timedelta(days=1))

    text = read()

    assert "2 fires were expected, 1 ran, 1 was missed." in text
    assert "other of other missed No cluster was there to start it in time." in text
    assert "By task task expected started" in text


def test_a_task_leads_to_its_own_ledger_of_the_same_time(row, admin_client, task):
    row(task, Outcome.MISSED, Cause.OUTAGE)
    query = "?from=2026-03-01&to=2026-03-01"

    text = admin_client.get(reverse("admin:runs_ledger") + query).content.decode()

    own = reverse("admin:runs_task_ledger", args=[task.pk])
    assert f"{own}?from=2026-03-01&amp;to=2026-03-01" in text


def test_nothing_planned_leads_to_the_schedules(read):
    assert "No task had anything planned in this time. To the schedules" in read("")


def test_a_time_that_cannot_be_read_is_told_at_its_field(read):
    assert "is not a date and time" in read("?from=yesterday")


def test_it_shows_the_last_day_unless_another_time_is_chosen(admin_client):
    url = reverse("admin:runs_ledger")

    for query, days in {"": 1, "?period=7d": 7, "?period=90d": 1}.items():
        shown = admin_client.get(url + query).context
        assert shown["end"] - shown["begin"] == timedelta(days=days), query


def test_a_reader_sees_no_task_of_a_script_for_others(
    row, client, make_user, closed, task
):
    closed.groups.add(Group.objects.get(name="Editor"))
    secret = Task.objects.create(name="not for Ann", script=closed)
    row(secret, Outcome.MISSED, Cause.OUTAGE)
    row(task, Outcome.MISSED, Cause.OUTAGE)
    client.force_login(make_user("ann", "Viewer", is_staff=True))
    query = "?from=2026-03-01&to=2026-03-01"

    text = client.get(reverse("admin:runs_ledger") + query).content.decode()

    assert task.name in text
    assert "not for Ann" not in text
    assert "1 fire was expected" in text


def test_who_may_not_see_tasks_has_neither_the_page_nor_its_link(client, make_user):
    client.force_login(make_user("ann", is_staff=True))

    assert client.get(reverse("admin:runs_ledger")).status_code == 403
    assert "/admin/tasks/task/ledger/" not in client.get("/admin/").content.decode()


def test_the_navigation_marks_the_one_page_that_is_open(admin_client):
    text = admin_client.get(reverse("admin:runs_ledger")).content.decode()

    assert text.count('aria-current="page"') == 1
    assert '<a href="/admin/tasks/task/ledger/" aria-current="page">' in text


def test_what_was_missed_on_the_home_page_leads_to_it(row, admin_client, task):
    at = timezone.now() - timedelta(hours=1)
    row(task, Outcome.MISSED, Cause.OUTAGE, scheduled_for=at)

    text = admin_client.get(reverse("admin:hub_live")).content.decode()

    assert 'href="/admin/tasks/task/ledger/"' in text
