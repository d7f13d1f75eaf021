"""Freeze windows in the console."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.runs.models import Alarm
from apps.tasks.models import FreezeWindow
from tests.integration.planning.conftest import errors, text_of

pytestmark = pytest.mark.django_db

GOOD = {"reason": "the sale", "start": "2130-01-01 00:00", "end": "2130-01-02"}
WRONG = [
    ({"reason": ""}, "reason", "This field is required."),
    ({"reason": "x" * 201}, "reason", "at most 200 characters"),
    ({"start": "soon"}, "start", "soon is not a date and time"),
    ({"end": ""}, "end", "This field is required."),
    ({"end": "2129-12-31"}, "end", "The end must come after the start."),
    ({"tag": "x" * 41}, "tag", "at most 40 characters"),
    ({"task": "999"}, "task", "Select a valid choice"),
]


@pytest.fixture
def save(admin_client):
    """Send the form of a new freeze window."""

    def save(**changes):
        url = reverse("admin:tasks_freezewindow_add")
        return admin_client.post(url, GOOD | changes)

    return save


def test_a_window_is_typed_in_the_hubs_zone(save, settings):
    settings.TIME_ZONE = "Asia/Shanghai"

    assert save(tag="billing").status_code == 302

    window = FreezeWindow.objects.get()
    assert window.start == datetime(2129, 12, 31, 16, tzinfo=UTC)
    assert (window.reason, window.tag) == ("the sale", "billing")


@pytest.mark.parametrize(("typed", "field", "sentence"), WRONG)
def test_what_cannot_be_is_said_at_its_field(save, typed, field, sentence):
    found = errors(save(**typed))

    assert sentence in found[field][0]
    assert not FreezeWindow.objects.exists()


def test_it_is_about_a_task_or_a_tag(save, task):
    found = errors(save(task=task.pk, tag="billing"))

    assert found == {"tag": ["Say either a task or a tag, or neither."]}


def test_a_saved_window_can_be_saved_again(admin_client, save):
    save()
    before = FreezeWindow.objects.values().get()
    url = reverse("admin:tasks_freezewindow_change", args=[before["id"]])
    form = admin_client.get(url).context["adminform"].form

    typed = {name: form[name].value() or "" for name in form.fields}
    assert admin_client.post(url, typed).status_code == 302

    assert FreezeWindow.objects.values().get() == before


def test_the_list_says_for_whom_and_whether_it_holds(page, task):
    now = timezone.now()
    hour = timedelta(hours=1)
    make = FreezeWindow.objects.create
    make(reason="a", start=now - hour, end=now + hour, task=task)
    make(reason="b", start=now + hour, end=now + 2 * hour, tag="billing")
    make(reason="c", start=now - 2 * hour, end=now - hour)

    text = page("tasks_freezewindow_changelist")

    assert "a holds now greet" in text
    assert "b to come tasks that bear billing" in text
    assert "c over all tasks" in text


def test_what_holds_now_comes_first_and_what_is_over_last(page):
    now = timezone.now()
    hour = timedelta(hours=1)
    for reason, since, until in [
        ("over", -3, -2),
        ("later", 5, 6),
        ("sooner", 2, 3),
        ("now", -1, 1),
        ("over late", -2, -1),
    ]:
        FreezeWindow.objects.create(
            reason=f"w-{reason}.", start=now + since * hour, end=now + until * hour
        )

    text = page("tasks_freezewindow_changelist").partition("Reason")[2]

    found = re.findall(r"w-([a-z ]+)\.", text)
    assert found == ["now", "sooner", "later", "over late", "over"]


@pytest.mark.parametrize("when", ["now", "coming", "past"])
def test_windows_are_chosen_by_when_they_hold(page, when):
    now = timezone.now()
    hour = timedelta(hours=1)
    for name, since in (("now", -1), ("coming", 1), ("past", -9)):
        start = now + since * hour
        end = start + 2 * hour
        FreezeWindow.objects.create(reason=f"w-{name}", start=start, end=end)

    text = page("tasks_freezewindow_changelist", query=f"?when={when}")

    listed = text.partition("Reason")[2]
    assert re.findall("w-([a-z]+)", listed) == [when]


def test_a_window_says_how_long_it_is_and_what_it_holds_back(page, plan, task):
    plan(every_s=600, start=timezone.now())
    start = timezone.now() + timedelta(hours=1)
    window = FreezeWindow.objects.create(
        reason="the move", start=start, end=start + timedelta(hours=2)
    )

    assert "2 h 0 m 12 fires" in page("tasks_freezewindow_changelist")
    assert "12 fires task" in page("tasks_freezewindow_change", window.pk)


def test_schedules_that_it_does_not_concern_do_not_count(page, plan):
    plan(every_s=600, start=timezone.now())
    start = timezone.now() + timedelta(hours=1)
    FreezeWindow.objects.create(
        reason="the move", start=start, end=start + timedelta(hours=2), tag="billing"
    )

    assert "2 h 0 m no fire" in page("tasks_freezewindow_changelist")


@pytest.fixture
def holding(db):
    now = timezone.now()
    return FreezeWindow.objects.create(
        reason="the move", start=now - timedelta(hours=1), end=now + timedelta(hours=1)
    )


def test_what_holds_now_is_told_and_ended_at_a_click(admin_client, page, holding, plan):
    schedule = plan(every_s=60)
    held = Alarm.objects.get(pk=schedule.pk).rings_at
    assert "A freeze window holds every schedule back now." in page(
        "tasks_freezewindow_changelist"
    )

    admin_client.post(reverse("admin:tasks_freezewindow_end", args=[holding.pk]))

    text = page("tasks_freezewindow_changelist")
    assert "The freeze window is over" in text
    assert "holds every schedule back now" not in text
    assert Alarm.objects.get(pk=schedule.pk).rings_at < held


def test_what_does_not_hold_is_not_ended(admin_client, page):
    start = timezone.now() + timedelta(hours=1)
    end = start + timedelta(hours=1)
    window = FreezeWindow.objects.create(reason="later", start=start, end=end)

    admin_client.post(reverse("admin:tasks_freezewindow_end", args=[window.pk]))

    assert "does not hold now" in page("tasks_freezewindow_changelist")
    window.refresh_from_db()
    assert window.end == end


def test_who_may_only_look_ends_nothing(client, make_user, holding):
    client.force_login(make_user("ann", "Viewer", is_staff=True))
    url = reverse("admin:tasks_freezewindow_end", args=[holding.pk])

    assert client.post(url).status_code == 403
    listed = client.get(reverse("admin:tasks_freezewindow_changelist"))
    assert "End now" not in text_of(listed)


def test_a_window_that_is_gone_is_not_found(admin_client):
    for number in (0, 10**30):
        url = reverse("admin:tasks_freezewindow_end", args=[number])
        assert admin_client.post(url).status_code == 404


@pytest.mark.parametrize("many", [False, True])
def test_alarms_follow_a_window_that_is_saved_and_deleted(
    admin_client, save, plan, many
):
    schedule = plan(every_s=3600)
    usual = Alarm.objects.get(pk=schedule.pk).rings_at
    now = timezone.now()
    save(start=f"{now:%Y-%m-%d %H:%M}", end=f"{now + timedelta(days=2):%Y-%m-%d %H:%M}")
    assert Alarm.objects.get(pk=schedule.pk).rings_at > usual

    window = FreezeWindow.objects.get()
    url = reverse("admin:tasks_freezewindow_delete", args=[window.pk])
    form = {"post": "yes"}
    if many:
        url = reverse("admin:tasks_freezewindow_changelist")
        form |= {"action": "delete_selected", "_selected_action": [window.pk]}
    admin_client.post(url, form)

    assert Alarm.objects.get(pk=schedule.pk).rings_at == usual
    assert services.fire(schedule_id=schedule.pk) == 0
