"""The pages of scripts: what they tell of this script alone, and to whom."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from apps.runs import services
from apps.runs.models import RunStatus
from apps.scripts.models import Script
from apps.tasks.models import Schedule, Task
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/scripts/script/"
BROKEN = "#!/usr/bin/env python3\ndef broken(:\n"


@pytest.fixture
def as_user(make_user):
    def signed_in(*roles, may=()):
        user = make_user("vera", *roles, is_staff=True)
        found = Permission.objects.filter(content_type__app_label__in=("tasks", "runs"))
        user.user_permissions.set(found.filter(codename__in=may))
        user.user_permissions.add(Permission.objects.get(codename="view_script"))
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def page(client, script):
    answer = client.get(f"{LIST}{script.pk}/change/")
    assert answer.status_code == 200
    return answer


def plan(script, name, cron):
    task = Task.objects.create(name=name, script=script)
    schedule = Schedule(task=task, timezone="UTC", cron=cron, label=name)
    return services.save_schedule(schedule=schedule)


def test_it_tells_of_its_own_runs_and_tasks_alone(
    admin_client, hello, closed, make_run
):
    other = make_run(script=closed, status=RunStatus.COMPLETED)
    mine = make_run(status=RunStatus.COMPLETED)
    Task.objects.create(name="greet", script=hello)
    Task.objects.create(name="lock up", script=closed)

    text = page(admin_client, hello).content.decode()

    assert str(mine.pk) in text
    assert str(other.pk) not in text
    assert "greet" in text
    assert "lock up" not in text


def test_schedules_are_for_who_may_see_them(as_user, hello):
    schedule = plan(hello, "nightly", "30 2 * * *")
    link = f"/admin/tasks/schedule/{schedule.pk}/change/"

    text = page(as_user(may=("view_task",)), hello).content.decode()

    assert "nightly" in text
    assert link not in text
    assert "no schedule" in text


def test_the_next_fire_is_the_first_of_all_schedules(admin_client, hello):
    soon = timezone.now() + timedelta(hours=1)
    late = timezone.now() + timedelta(hours=3)
    plan(hello, "late", f"{late.minute} {late.hour} * * *")
    plan(hello, "soon", f"{soon.minute} {soon.hour} * * *")

    text = page(admin_client, hello).content.decode()

    figure = text.partition("next fire</dt>")[2].partition("</dd>")[0]
    assert f"{soon:%Y-%m-%dT%H:%M}:00Z" in figure


def test_a_bar_is_as_high_as_its_run_was_long(admin_client, hello, make_run):
    now = timezone.now()
    for seconds in (10, 100, 1000):
        began = now - timedelta(seconds=seconds)
        make_run(status=RunStatus.COMPLETED, began_at=began, finished_at=now)

    answer = page(admin_client, hello)

    strip = answer.content.decode().partition("hub-runs-strip")[2]
    strip = strip.partition("</svg>")[0]
    heights = [float(found) for found in re.findall(r'height="([\d.]+)"/>', strip)]
    bars = heights[1::2]
    assert bars == sorted(set(bars))
    assert len(bars) == 3
    assert "usually in 1 m 40 s, at most in 16 m 40 s" in text_of(answer)


def test_what_was_cancelled_is_no_failure(admin_client, hello, make_run):
    for status in (RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.FAILED):
        make_run(status=status, began_at=timezone.now())

    assert "1 of 2 completed" in text_of(page(admin_client, hello))


def test_a_script_of_others_is_not_there(as_user, hello):
    hello.groups.add(Group.objects.create(name="few"))
    client = as_user("Viewer")

    assert client.get(f"{LIST}{hello.pk}/change/").status_code == 302
    assert "hello.py" not in client.get(LIST).content.decode()


def test_broken_scripts_of_others_are_not_counted(as_user, admin_client, add_script):
    script = add_script("bad.py", BROKEN)
    script.groups.add(Group.objects.create(name="few"))

    assert admin_client.get(LIST).context["broken"] == 1
    assert as_user("Viewer").get(LIST).context["broken"] == 0


def test_who_may_not_change_scripts_neither_looks_anew_nor_sees_what_is_left_out(
    as_user, hello, scripts_dir
):
    (scripts_dir / "new.sh").write_text("#!/bin/sh\n")
    (scripts_dir / "new.sh").chmod(0o755)
    client = as_user("Operator")

    answer = client.post(f"{LIST}sync/", follow=True)

    assert "Your role does not allow this." in answer.content.decode()
    assert list(Script.objects.values_list("name", flat=True)) == ["hello.py"]
    assert client.get(f"{LIST}left-out/").status_code == 403
