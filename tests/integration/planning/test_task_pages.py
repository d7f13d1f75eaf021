"""Tasks in the console: tags, what no longer fits, their schedules, and freezes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_q.models import Schedule as Bell

from apps.runs import services
from apps.runs.models import Alarm, Run
from apps.tasks.models import FreezeWindow, Schedule, Task
from tests.conftest import HELLO
from tests.integration.planning.conftest import errors, permission, text_of

pytestmark = pytest.mark.django_db

CHANGED = HELLO.replace("--name", "--whom")


@pytest.fixture
def save(admin_client, hello):
    """Send the form of a new task."""
    form = {"name": "new", "script": hello.pk, "priority": 0, "parameters": "{}"}

    def save(**changes):
        return admin_client.post(reverse("admin:tasks_task_add"), form | changes)

    return save


@pytest.fixture
def freeze():
    """A freeze window that holds now."""
    now = timezone.now()
    hour = timedelta(hours=1)
    return FreezeWindow.objects.create(
        reason="the sale", start=now - hour, end=now + hour
    )


@pytest.fixture
def press_run(admin_client, task):
    """Press "Run" on the task's page, or on the page that asks for a reason."""

    def press(**form):
        return admin_client.post(reverse("admin:runs_task_run", args=[task.pk]), form)

    return press


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", []),
        ("billing, nightly", ["billing", "nightly"]),
        (" a ,, a,b,", ["a", "b"]),
        (
            "\u8ba1\u8d39\uff0c\u591c\u95f4\u3001\u5468",
            ["\u8ba1\u8d39", "\u591c\u95f4", "\u5468"],
        ),
    ],
)
def test_tags_are_words_parted_by_commas(save, typed, kept):
    assert save(tags=typed).status_code == 302

    assert Task.objects.get(name="new").tags == kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("x" * 41, "A tag is a word of 1 to 40 characters."),
        (",".join(map(str, range(21))), "A task bears 20 tags at most."),
        ("a\0b", "Null characters are not allowed."),
        (
            "a\x1bb",
            (
                r"The tag a\x1bb holds a comma, a line break or another control character; a "
                r"comma parts two tags."
            ),
        ),
    ],
)
def test_tags_that_cannot_be_are_said_and_shown_again(save, typed, sentence):
    answer = save(tags=typed)

    assert answer.context["adminform"].form.errors == {"tags": [sentence]}
    assert answer.context["adminform"].form["tags"].value() == typed


@pytest.mark.parametrize(
    ("query", "names"),
    [("?tag=billing", {"a", "b"}), ("?tag=x", {"b"}), ("?tag=none", set())],
)
def test_tasks_are_found_by_their_tags(admin_client, hello, query, names):
    for name, tags in {"a": ["billing"], "b": ["billing", "x"], "c": []}.items():
        Task.objects.create(name=name, script=hello, tags=tags)

    answer = admin_client.get(reverse("admin:tasks_task_changelist") + query)

    assert {task.name for task in answer.context["cl"].result_list} == names


def test_a_task_that_fits_its_script_no_more_says_so(page, task, add_script):
    assert "do not fit" not in page("tasks_task_change", task.pk)
    add_script("hello.py", CHANGED)

    assert "do not fit its script any more" in page("tasks_task_change", task.pk)
    assert "name" in page("tasks_task_change", task.pk)
    assert "does not fit its script name:" in page("tasks_task_changelist")


def test_a_task_that_fits_its_script_no_more_can_be_disabled_and_not_made_worse(
    admin_client, task, add_script
):
    add_script("hello.py", CHANGED)
    url = reverse("admin:tasks_task_change", args=[task.pk])
    form = {"name": "greetings", "script": task.script_id, "priority": 0}
    same, other = '{"name": "you"}', '{"name": "me"}'

    assert admin_client.post(url, form | {"parameters": other}).status_code == 200
    assert admin_client.post(url, form | {"parameters": same}).status_code == 302

    task.refresh_from_db()
    assert (task.name, task.enabled) == ("greetings", False)


def test_who_may_not_run_scripts_does_not_say_what_schedules_run(
    client, make_user, plan
):
    task = plan().task
    ann = make_user("ann", "Viewer", is_staff=True)
    ann.user_permissions.add(permission("change_task"))
    client.force_login(ann)
    url = reverse("admin:tasks_task_change", args=[task.pk])
    form = {"name": "greetings", "script": task.script_id, "priority": 0}
    same, other = '{"name": "you"}', '{"name": "me"}'

    refused = client.post(url, form | {"parameters": other, "enabled": "on"})
    assert "you may not run scripts" in str(errors(refused)["parameters"])
    renamed = client.post(url, form | {"parameters": same, "enabled": "on"})
    assert renamed.status_code == 302

    assert client.post(url, form | {"parameters": other}).status_code == 302
    assert "enabled" in errors(
        client.post(url, form | {"parameters": other, "enabled": "on"})
    )


def test_its_schedules_stand_on_its_page(page, plan):
    task = plan(label="nights").task
    plan(label="often", every_s=3600, enabled=False)

    text = page("tasks_task_change", task.pk)

    assert "nights At 02:30 every day 30 2 * * *" in text
    assert "02:30 UTC on" in text
    assert "often Every hour" in text
    assert "- disabled -" in text
    assert "Add schedule" in text


def test_a_reader_sees_schedules_and_nothing_to_change(client, make_user, page, plan):
    task = plan().task
    ann = make_user("ann", "Viewer", is_staff=True)
    ann.user_permissions.add(permission("view_schedule"))
    client.force_login(ann)

    text = page("tasks_task_change", task.pk, client=client)

    assert "At 02:30" in text
    assert "Add schedule" not in text
    schedule = page("tasks_schedule_change", task.schedules.get().pk, client=client)
    assert "Next fires At 02:30" in schedule
    assert "Disable" not in schedule


def test_saving_a_task_lets_its_alarms_follow(admin_client, plan):
    schedule = plan()
    task = schedule.task
    url = reverse("admin:tasks_task_change", args=[task.pk])
    form = {"name": "greet", "script": task.script_id, "priority": 0}

    admin_client.post(url, form | {"parameters": "{}"})

    task.refresh_from_db()
    assert not task.enabled
    assert Alarm.objects.get(pk=schedule.pk).rings_at is None


@pytest.mark.parametrize("many", [False, True])
def test_deleting_a_task_takes_its_alarms_along(admin_client, plan, many):
    task = plan().task
    if many:
        url = reverse("admin:tasks_task_changelist")
        form = {"action": "delete_selected", "_selected_action": [task.pk]}
    else:
        url, form = reverse("admin:tasks_task_delete", args=[task.pk]), {}

    answer = admin_client.post(url, form | {"post": "yes"})

    assert answer.status_code == 302
    assert not Task.objects.exists()
    assert not Schedule.objects.exists()
    assert not Alarm.objects.exists()
    assert not Bell.objects.exists()


def test_the_page_before_deleting_names_schedules_and_the_ledger(page, plan):
    text = page("tasks_task_delete", plan().task.pk)

    assert "greet night the ledger" in text


# -- Freeze windows --------------------------------------------------------------
def test_a_frozen_task_asks_for_a_reason(press_run, freeze, page, task):
    assert "In a freeze window until" in page("tasks_task_change", task.pk)

    answer = press_run()

    assert "is in a freeze window until" in text_of(answer)
    assert "the sale" in text_of(answer)
    assert not Run.objects.exists()


def test_with_a_reason_it_runs_and_keeps_it(press_run, freeze, page):
    answer = press_run(reason=" the backup failed ")

    run = Run.objects.get()
    assert answer.url == reverse("admin:runs_run_change", args=[run.pk])
    assert run.note == "the backup failed"
    assert "the backup failed" in page("runs_run_change", run.pk)


def test_run_again_asks_for_a_reason_too(admin_client, freeze, task, make_run):
    old = make_run(script=task.script, task=task, status="failed")
    url = reverse("admin:runs_run_again", args=[old.pk])

    asked = admin_client.post(url)
    assert "is in a freeze window until" in text_of(asked)
    assert Run.objects.get() == old

    admin_client.post(url, {"reason": "the backup failed"})
    assert Run.objects.exclude(pk=old.pk).get().note == "the backup failed"


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("x" * 201, "at most 200 characters"),
        ("a\0", "Null characters are not allowed."),
    ],
)
def test_a_reason_that_cannot_be_is_refused(press_run, freeze, reason, sentence):
    assert sentence in text_of(press_run(reason=reason))
    assert not Run.objects.exists()


def test_no_reason_is_asked_for_outside_of_a_window(press_run, freeze):
    FreezeWindow.objects.update(tag="billing")

    press_run()

    assert Run.objects.get().note == ""


def test_the_verb_refuses_a_frozen_task_and_a_reason_that_is_too_long(task, freeze):
    start = {"task": task, "user": None, "trigger": "cli"}

    with pytest.raises(services.Frozen, match=r"until .* \(the sale\). Give a reason"):
        services.start_task(**start)
    with pytest.raises(services.Frozen):
        services.start_task(**start, reason="  ")
    with pytest.raises(Exception, match="200 characters at most"):
        services.start_task(**start, reason="x" * 201)


# -- Runs ------------------------------------------------------------------------
def test_a_run_says_which_schedule_it_is_of_and_when_it_was_planned(
    page, plan, make_run
):
    schedule = plan(timezone="Asia/Shanghai")
    run = make_run(
        task=schedule.task,
        schedule=schedule,
        trigger="schedule",
        scheduled_for="2026-03-01T18:30:00Z",
    )

    of_one = page("runs_run_change", run.pk)
    assert "night" in of_one
    assert "2026-03-02 02:30 (Asia/Shanghai)" in of_one
    assert "night" in page("runs_run_changelist")


@pytest.mark.parametrize(("button", "is_on"), [("disable", False), ("enable", True)])
def test_a_switch_that_is_clicked_twice_is_as_after_one_click(
    admin_client, plan, button, is_on
):
    schedule = plan(enabled=not is_on)
    url = reverse("admin:tasks_schedule_switch", args=[schedule.pk])
    for _click in range(2):
        admin_client.post(url, {button: ""})
    schedule.refresh_from_db()
    assert schedule.enabled == is_on
