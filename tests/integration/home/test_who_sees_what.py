"""The home page for readers who may not know, or do, everything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from apps.runs.models import Alarm, Occurrence, Run, RunStatus, Worker
from apps.tasks.models import Favourite, Schedule, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_user(make_user):
    """A client of somebody in a role, or with these permissions alone."""

    def signed_in(*roles: str, may: tuple[str, ...] = ()) -> Client:
        user = make_user("vera", *roles, is_staff=True)
        for each in may:
            app, name = each.split(".")
            found = Permission.objects.filter(content_type__app_label=app)
            user.user_permissions.add(found.get(codename=name))
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def planned(hello):
    """A task whose schedule nobody heard ring, and of which fires were missed."""
    task = Task.objects.create(name="secret greeting", script=hello)
    schedule = Schedule.objects.create(task=task, every_s=600, timezone="UTC")
    past = timezone.now() - timedelta(minutes=9)
    Alarm.objects.create(schedule=schedule, written_until=past, rings_at=past)
    Occurrence.objects.create(
        task=task,
        schedule_key=schedule.pk,
        label="at dawn",
        scheduled_for=past,
        outcome="missed",
        cause="outage",
    )
    return task


def limit(script) -> None:
    script.groups.add(Group.objects.create(name="few"))


def look(client: Client, path: str = "/admin/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_missed_and_overdue_fires_of_what_is_hidden_are_not_counted(
    as_user, admin_client, planned
):
    limit(planned.script)

    assert "1 schedule is overdue" in look(admin_client)
    text = look(as_user("Viewer"))
    assert "at dawn" in look(admin_client)
    assert "at dawn" not in text
    assert "overdue" not in text
    assert '<b class="">0</b> missed in 24 h' in text


def test_who_sees_runs_alone_is_told_of_neither_workers_nor_schedules(
    as_user, admin_client, planned
):
    about = {"host": "h", "pid": 1, "version": "1", "slots": 2}
    Worker.objects.create(name="w", queue="gpu", seen_at=timezone.now(), **about)
    client = as_user(may=("runs.view_run",))

    for path in ("/admin/", "/admin/home/live/"):
        text = look(client, path)
        for part in ("at dawn", "overdue", "hub-workers", "hub-coming", "gpu"):
            assert part not in text, path
    for part in ("at dawn", "overdue", "hub-workers", "hub-coming", "gpu"):
        assert part in look(admin_client)


def test_cancel_is_for_who_may(as_user, admin_client, make_run):
    run = make_run(status=RunStatus.RUNNING)
    address = f"/admin/runs/run/{run.pk}/cancel/"

    assert address in look(admin_client)
    assert address not in look(as_user("Viewer"))


def test_a_hub_of_hidden_scripts_is_empty_to_others(as_user, admin_client, hello):
    limit(hello)

    assert "There is no script yet." not in look(admin_client)
    assert "There is no script yet." in look(as_user("Viewer"))


def test_runs_whose_script_is_unknown_by_now_are_left_to_superusers(
    as_user, admin_client, make_run
):
    make_run(status=RunStatus.RUNNING, script_name="gone.sh")
    make_run(status=RunStatus.FAILED, script_name="gone.sh", began_at=timezone.now())
    Run.objects.update(script=None)

    assert look(admin_client).count("gone.sh") >= 3
    assert "gone.sh" not in look(as_user("Viewer"))


# -- Favourites ---------------------------------------------------------------------
@pytest.fixture
def star(admin_user):
    """Give a star, as an administrator or whoever a client is of."""

    def given(what, client: Client | None = None) -> None:
        user = admin_user.pk if client is None else client.session["_auth_user_id"]
        kind = "task" if isinstance(what, Task) else "script"
        Favourite.objects.create(user_id=user, **{kind: what})

    return given


def test_everybody_has_their_own_favourites(as_user, admin_client, star, hello):
    star(hello)

    assert "hello.py" in look(admin_client)
    assert "None yet. The star" in look(as_user("Viewer"))


def test_what_is_hidden_after_it_got_a_star_is_not_shown(as_user, star, hello):
    task = Task.objects.create(name="secret greeting", script=hello)
    client = as_user("Operator")
    star(hello, client)
    star(task, client)
    assert "secret greeting" in look(client)

    limit(hello)

    text = look(client)
    assert "hello.py" not in text
    assert "secret greeting" not in text


def test_favourites_are_run_by_who_may(as_user, star, hello):
    task = Task.objects.create(name="greet", script=hello)
    viewer = as_user("Viewer")
    star(hello, viewer)
    star(task, viewer)

    text = look(viewer)

    assert "greet" in text
    assert "/run/" not in text.partition('id="hub-starred"')[2].partition("<nav")[0]


@pytest.mark.parametrize("kind", ["script", "task"])
def test_a_star_is_for_who_may_see_what_it_is_for(as_user, hello, kind):
    task = Task.objects.create(name="greet", script=hello)
    pk = hello.pk if kind == "script" else task.pk
    client = as_user(may=("runs.view_run",))

    assert client.post(f"/admin/favourites/{kind}/{pk}/").status_code == 403
    assert not Favourite.objects.exists()


def test_a_task_of_a_hidden_script_gets_no_star(as_user, hello):
    task = Task.objects.create(name="greet", script=hello)
    limit(hello)

    answer = as_user("Operator").post(f"/admin/favourites/task/{task.pk}/")

    assert answer.status_code == 404
    assert not Favourite.objects.exists()
