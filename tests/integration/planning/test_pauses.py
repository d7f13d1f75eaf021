"""Pausing and resuming in the console: one, several, all; and switching off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.tasks.models import Pause, Schedule, Task
from tests.integration.planning.conftest import permission, text_of

pytestmark = pytest.mark.django_db

WRONG = [
    ("tomorrow", "tomorrow is not a date and time"),
    ("2001-01-01", "2001-01-01 00:00 (UTC) is over: it is"),
    ("9999-01-01", "out of range"),
]


@pytest.fixture
def press(admin_client):
    """Press a button of the schedules' pages; returns what is shown then."""

    def press(name, *args, **form):
        url = reverse(f"admin:tasks_schedule_{name}", args=args)
        return text_of(admin_client.post(url, form, follow=True))

    return press


@pytest.fixture
def act(admin_client):
    """Do an action on schedules of the list."""

    def act(action, *schedules, **form):
        chosen = [schedule.pk for schedule in schedules]
        return text_of(
            admin_client.post(
                reverse("admin:tasks_schedule_changelist"),
                {"action": action, "_selected_action": chosen, **form},
                follow=True,
            )
        )

    return act


def test_a_pause_has_an_end_in_the_schedules_zone_and_a_reason(press, plan, admin_user):
    schedule = plan(timezone="Asia/Shanghai")

    text = press("pause", schedule.pk, until="2130-01-01 08:00", reason="the move")

    pause = Pause.objects.get()
    assert pause.until == datetime(2130, 1, 1, tzinfo=UTC)
    assert (pause.schedule, pause.by) == (schedule, admin_user.username)
    assert "Paused until 2130-01-01 08:00 (Asia/Shanghai). Reason: the move" in text
    assert "Paused 1 schedule." in text


def test_resuming_ends_it(press, plan):
    schedule = plan()
    press("pause", schedule.pk, until="")

    text = press("resume", schedule.pk)

    assert "Resumed 1 schedule." in text
    assert not Pause.objects.open(timezone.now()).exists()
    assert "None of them was paused by itself." in press("resume", schedule.pk)


@pytest.mark.parametrize(("until", "sentence"), WRONG)
@pytest.mark.parametrize("which", ["one", "all", "selected"])
def test_an_end_that_cannot_be_is_refused(press, act, plan, which, until, sentence):
    schedule = plan()
    if which == "one":
        text = press("pause", schedule.pk, until=until)
    elif which == "all":
        text = press("pause_all", until=until)
    else:
        text = act("pause_selected", schedule, until=until)

    assert sentence in text
    assert not Pause.objects.exists()


def test_selected_schedules_are_paused_once_it_is_said_how(act, plan):
    one, two, other = plan(label="a"), plan(label="b"), plan(label="c")

    asked = act("pause_selected", one, two)
    assert "greet: a greet: b" in asked
    assert not Pause.objects.exists()
    assert "Paused 2 schedules." in act(
        "pause_selected", one, two, until="", reason="x"
    )

    assert set(Pause.objects.values_list("schedule", flat=True)) == {one.pk, two.pk}
    assert "Resumed 2 schedules." in act("resume_selected", one, two, other)


def test_one_switch_pauses_every_schedule_and_a_banner_says_so(press, page, plan):
    task = plan().task
    press("pause_all", until="", reason="the database moves")

    pages = [
        page("tasks_schedule_changelist"),
        page("tasks_schedule_change", task.schedules.get().pk),
        page("tasks_task_changelist"),
        page("tasks_task_change", task.pk),
        page("runs_task_ledger", task.pk),
    ]

    for text in pages:
        assert "Every schedule is paused. the database moves By admin, since" in text
    assert "Pause all…" not in pages[0]


def test_the_switch_is_turned_back_and_single_pauses_stay(press, page, plan):
    schedule = plan()
    press("pause", schedule.pk, until="")
    press("pause_all", until="")

    assert "those paused by themselves stay so" in press("resume_all")

    assert Pause.objects.open(timezone.now()).get().schedule == schedule
    assert "Every schedule is paused" not in page("tasks_schedule_changelist")
    assert "There was no pause of every schedule." in press("resume_all")


def test_schedules_are_disabled_and_enabled(press, act, plan):
    schedule = plan()

    assert "It is disabled. night Schedule Pause… Enable" in press(
        "switch", schedule.pk, disable=""
    )
    assert not Schedule.objects.get().enabled
    assert "Enabled 1 schedule." in act("enable_selected", schedule)
    assert Schedule.objects.get().enabled


def test_a_schedule_that_is_over_is_not_enabled(act, plan):
    over = plan(at=timezone.now() - timedelta(days=1), enabled=False, label="once")

    text = act("enable_selected", over)

    assert "Not enabled: greet, once. 20" in text
    assert "is over: it is" in text
    assert not Schedule.objects.get().enabled


def test_editors_pause_one_and_the_switch_needs_a_permission_of_its_own(
    client, make_user, plan
):
    schedule = plan()
    ann = make_user("ann", "Viewer", is_staff=True)
    ann.user_permissions.add(permission("change_schedule"))
    client.force_login(ann)

    def status(name, *args):
        url = reverse(f"admin:tasks_schedule_{name}", args=args)
        return client.post(url, {"until": ""}).status_code

    assert status("pause", schedule.pk) == 302
    assert [status("pause_all"), status("resume_all")] == [403, 403]
    ann.user_permissions.clear()
    assert [status(name, schedule.pk) for name in ("pause", "resume", "switch")] == [
        403,
        403,
        403,
    ]


def test_the_list_says_when_what_is_next_and_what_holds_it(page, plan, make_run):
    plan(label="nights", timezone="Asia/Shanghai")
    paused = plan(label="often", every_s=3600)
    services.pause(schedule=paused, reason="the move")

    text = page("tasks_schedule_changelist")

    assert "nights greet At 02:30 every day 30 2 * * * Asia/Shanghai" in text
    assert "02:30 (Asia/Shanghai) on" in text
    assert "- paused Paused until somebody resumes it. Reason: the move" in text


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("?kind=cron", {"a"}),
        ("?kind=interval", {"b"}),
        ("?kind=once", {"c"}),
        ("?kind=weekly", {"a", "b", "c"}),
        ("?enabled__exact=0", {"c"}),
    ],
)
def test_the_list_is_filtered(admin_client, plan, query, labels):
    plan(label="a")
    plan(label="b", every_s=60)
    plan(label="c", at=datetime(2130, 1, 1, tzinfo=UTC), enabled=False)

    answer = admin_client.get(reverse("admin:tasks_schedule_changelist") + query)

    assert {row.label for row in answer.context["cl"].result_list} == labels


def test_the_list_costs_as_many_queries_however_long_it_is(
    admin_client, plan, django_assert_max_num_queries
):
    url = reverse("admin:tasks_schedule_changelist")
    for number in range(12):
        plan(label=str(number))

    with django_assert_max_num_queries(16):
        admin_client.get(url)


def test_the_list_is_filtered_by_task(admin_client, plan, hello):
    other = Task.objects.create(name="other", script=hello)
    plan(label="a")
    plan(label="b", task=other)
    url = reverse("admin:tasks_schedule_changelist")

    answer = admin_client.get(f"{url}?task__id__exact={other.pk}")

    assert [row.label for row in answer.context["cl"].result_list] == ["b"]
