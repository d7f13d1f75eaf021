"""Tasks and schedules keep secrets, over the API and in the console."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from apps.core.vault import new_key
from apps.runs import services
from apps.runs.models import Preset, Run, Trigger
from apps.tasks.models import Schedule, Task
from tests.integration.secrets.conftest import (
    DOTS,
    MARK,
    PASSWORD,
    VAULT,
    assert_nowhere,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(api_as):
    return api_as("Editor", "Operator")


@pytest.fixture
def saved(task):
    return services.save_task(task=task)


def new(editor, **changes):
    body = {"name": "nightly", "script_name": "vault.sh", **changes}
    body.setdefault("parameters", {"password": PASSWORD, "host": "db"})
    return editor.post("/tasks", body)


def ran(task, performed):
    run = services.start_task(task=task, user=None, trigger=Trigger.CLI)
    return performed(run)[1]


def test_a_task_over_the_api_keeps_a_secret_and_shows_dots(vault, editor, performed):
    answer = new(editor)
    assert answer.status_code == 201
    shown = {"password": DOTS, "host": "db"}
    assert answer.json()["parameters"] == shown
    assert answer.json()["problem"] is None
    task = Task.objects.get()
    assert task.parameters == {"password": MARK, "host": "db"}
    assert editor.get(f"/tasks/{task.pk}").json()["parameters"] == shown
    assert f"has {len(PASSWORD)} characters: {DOTS}" in ran(task, performed)
    assert_nowhere(PASSWORD)


@pytest.mark.parametrize("stands_for_it", [DOTS, MARK])
def test_what_stands_for_a_secret_keeps_it(saved, editor, performed, stands_for_it):
    body = {"parameters": {"password": stands_for_it, "host": "new"}}
    answer = editor.patch(f"/tasks/{saved.pk}", body)
    assert answer.json()["parameters"] == {"password": DOTS, "host": "new"}
    saved.refresh_from_db()
    assert f"has {len(PASSWORD)} characters: {DOTS}" in ran(saved, performed)


def test_another_value_takes_its_place_and_leaving_it_out_takes_it_away(saved, editor):
    before = saved.secrets
    editor.patch(f"/tasks/{saved.pk}", {"parameters": {"password": "another one"}})
    saved.refresh_from_db()
    assert saved.secrets != before
    answer = editor.patch(f"/tasks/{saved.pk}", {"parameters": {}})
    assert answer.json()["fields"] == {"parameters.password": ["must be given."]}
    assert_nowhere(PASSWORD, "another one")


def test_dots_stand_for_nothing_where_nothing_is_stored(vault, editor):
    answer = new(editor, parameters={"password": DOTS})
    assert answer.status_code == 400
    assert answer.json()["fields"] == {
        "parameters.password": ["is not stored for this script; give the value itself."]
    }


def test_a_stored_secret_does_not_go_to_another_script(saved, editor, add_script):
    add_script("print_it.sh", VAULT)
    body = {"script_name": "print_it.sh", "parameters": {"password": MARK}}
    for change in (body, {"script_name": "print_it.sh"}):
        answer = editor.patch(f"/tasks/{saved.pk}", change)
        assert answer.status_code == 400
        assert "is not stored for this script" in answer.json()["message"]


def test_a_schedule_has_a_secret_of_its_own_or_its_tasks(saved, editor, performed):
    own = {"cron": "@daily", "parameters": {"password": "of the schedule"}}
    made = [
        editor.post(f"/tasks/{saved.pk}/schedules", body).json()
        for body in (own, {"cron": "@hourly"})
    ]
    assert [each["parameters"] for each in made] == [{"password": DOTS}, {}]
    assert [each["problem"] for each in made] == [None, None]
    lengths = []
    for each in made:
        schedule = Schedule.objects.select_related("task__script").get(pk=each["id"])
        run = services.start_run(
            script=saved.script,
            parameters=schedule.parameters_of_run(),
            tokens=schedule.secrets_of_run(),
            user=None,
            trigger=Trigger.SCHEDULE,
        )
        text = performed(run)[1]
        lengths.append(int(text.partition("password has ")[2].split()[0]))
    assert lengths == [len("of the schedule"), len(PASSWORD)]
    assert_nowhere(PASSWORD, "of the schedule")


def test_a_planned_fire_runs_with_them(saved, performed):
    schedule = Schedule(task=saved, timezone="UTC", cron="* * * * *", missed="latest")
    services.save_schedule(schedule=schedule)
    services.fire(schedule_id=schedule.pk, now=timezone.now() + timedelta(minutes=2))
    run = Run.objects.filter(schedule=schedule).latest("pk")
    assert run.parameters == {"password": MARK}
    assert f"has {len(PASSWORD)} characters: {DOTS}" in performed(run)[1]


def form_data(response, **changes):
    fields = response.context["adminform"].form
    data = {name: fields[name].value() for name in fields.fields}
    given = {k: v for k, v in data.items() if v is not None and v is not False}
    return given | changes


def test_the_consoles_form_shows_dots_and_keeps_what_they_stand_for(
    saved, admin_client, performed
):
    url = reverse("admin:tasks_task_change", args=[saved.pk])
    page = admin_client.get(url)
    assert DOTS in page.content.decode()
    assert PASSWORD not in page.content.decode()
    data = form_data(page, parameters=json.dumps({"password": DOTS, "host": "db"}))
    answer = admin_client.post(url, data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    saved.refresh_from_db()
    assert saved.parameters == {"password": MARK, "host": "db"}
    assert f"has {len(PASSWORD)} characters: {DOTS}" in ran(saved, performed)
    data = form_data(
        admin_client.get(url), parameters=json.dumps({"password": "a new one"})
    )
    assert admin_client.post(url, data).status_code == 302
    assert_nowhere(PASSWORD, "a new one")


def test_the_form_of_a_schedule_does_so_too(saved, admin_client):
    schedule = Schedule(
        task=saved, timezone="UTC", cron="@daily", parameters={"password": PASSWORD}
    )
    services.save_schedule(schedule=schedule)
    url = reverse("admin:tasks_schedule_change", args=[schedule.pk])
    page = admin_client.get(url)
    assert DOTS in page.content.decode()
    answer = admin_client.post(url, form_data(page, label="x"))
    assert answer.status_code == 302
    before = schedule.secrets
    schedule.refresh_from_db()
    assert (schedule.label, schedule.secrets) == ("x", before)


def test_who_may_only_look_sees_dots(saved, make_user, client):
    own = {"parameters": {"password": PASSWORD}, "cron": "@daily"}
    schedule = Schedule(task=saved, timezone="UTC", **own)
    services.save_schedule(schedule=schedule)
    client.force_login(make_user("ann", "Viewer", is_staff=True))
    for name, row in (("task", saved), ("schedule", schedule)):
        url = reverse(f"admin:tasks_{name}_change", args=[row.pk])
        page = client.get(url).content.decode()
        assert "\\u2022" in page or DOTS in page
        assert PASSWORD not in page
        assert "stored" not in page


def test_saved_secrets_are_encrypted_anew_with_the_first_key(
    saved, settings, performed
):
    services.save_schedule(
        schedule=Schedule(
            task=saved, timezone="UTC", cron="@daily", parameters={"password": "other"}
        )
    )
    services.start_task(task=saved, user=None, trigger=Trigger.CLI)
    old, settings.SECRETS_KEY = settings.SECRETS_KEY, new_key()
    with pytest.raises(
        CommandError, match=r"No key opens 3 secret.*\n  task \d+: pass"
    ):
        call_command("rotate_secrets")
    fresh, settings.SECRETS_KEY = settings.SECRETS_KEY, f"{settings.SECRETS_KEY},{old}"
    call_command("rotate_secrets")
    settings.SECRETS_KEY = fresh
    saved.refresh_from_db()
    assert performed(Run.objects.get())[0].status == "completed"
    assert f"has {len(PASSWORD)} characters: {DOTS}" in ran(saved, performed)


def test_what_was_saved_before_it_was_a_secret_is_encrypted(vault, capsys, api_as):
    open_task = Task.objects.create(
        name="old", script=vault, parameters={"password": PASSWORD}
    )
    shown = api_as("Viewer").get(f"/tasks/{open_task.pk}").json()
    assert shown["parameters"] == {"password": DOTS}
    call_command("rotate_secrets")
    assert "Encrypted for the first time: 1." in capsys.readouterr().out
    open_task.refresh_from_db()
    assert open_task.parameters == {"password": MARK}
    assert_nowhere(PASSWORD)


def test_a_preset_from_before_it_was_a_secret_loses_it(vault, admin_user, capsys):
    preset = Preset.objects.create(
        name="old",
        script=vault,
        owner=admin_user,
        parameters={"password": PASSWORD, "other": 1},
    )
    call_command("rotate_secrets")
    assert "Taken out of presets: 1." in capsys.readouterr().out
    preset.refresh_from_db()
    assert preset.parameters == {"other": 1}
    assert_nowhere(PASSWORD)


def test_without_a_key_nothing_is_stored_and_the_way_out_is_said(
    vault, editor, settings, tmp_path
):
    settings.SECRETS_KEY, settings.SECRETS_KEY_PATH = "", tmp_path / "none"
    answer = new(editor)
    assert answer.status_code == 503
    assert "Set SECRETS_KEY for all its services" in answer.json()["message"]
    assert not Task.objects.exists()


def test_a_task_whose_secret_no_key_opens_says_so_and_can_be_renamed(
    saved, editor, settings
):
    settings.SECRETS_KEY = new_key()
    assert "does not have" in editor.get(f"/tasks/{saved.pk}").json()["problem"]
    answer = editor.patch(f"/tasks/{saved.pk}", {"name": "renamed"})
    assert answer.status_code == 200
    saved.refresh_from_db()
    assert (saved.name, saved.parameters) == ("renamed", {"password": MARK})
