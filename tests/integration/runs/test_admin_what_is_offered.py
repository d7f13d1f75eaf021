"""What the console offers to whom: links, buttons and choices that lead somewhere."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.runs.models import Artifact
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

BROKEN = "#!/usr/bin/env python3\nimport argparse\ndef broken(:\n"


@pytest.fixture
def signed_in(make_user):
    """A browser of a member of staff in a role: signed_in("Operator")."""

    def browser_for(role: str) -> Client:
        client = Client()
        client.force_login(make_user(role.lower(), role, is_staff=True))
        return client

    return browser_for


@pytest.fixture
def task(hello):
    return Task.objects.create(name="greet", script=hello)


def page(client, name, *args):
    answer = client.get(reverse(f"admin:{name}", args=args))
    assert answer.status_code == 200, name
    return answer.content.decode()


def offers(client, script, task):
    """Return on which pages there is something that runs the script or the task."""
    form = reverse("admin:runs_script_run", args=[script.pk])
    button = reverse("admin:runs_task_run", args=[task.pk])
    return {
        name
        for name, address, text in [
            ("list", form, page(client, "scripts_script_changelist")),
            ("script", form, page(client, "scripts_script_change", script.pk)),
            ("task", button, page(client, "tasks_task_change", task.pk)),
        ]
        if f'"{address}"' in text
    }


@pytest.mark.parametrize(
    ("role", "offered"),
    [("Viewer", set()), ("Operator", {"list", "script", "task"})],
)
def test_running_is_offered_to_who_may(signed_in, hello, task, role, offered):
    assert offers(signed_in(role), hello, task) == offered


@pytest.mark.parametrize("what", ["disabled", "missing", "broken"])
def test_a_script_that_cannot_be_run_offers_no_running(
    signed_in, hello, task, add_script, what
):
    if what == "broken":
        hello = add_script("hello.py", BROKEN)
    elif what == "missing":
        hello.state, hello.problem = "missing", "It went."
    else:
        hello.enabled = False
    hello.save()

    assert offers(signed_in("Operator"), hello, task) == set()


def test_a_disabled_task_offers_no_running(signed_in, hello, task):
    task.enabled = False
    task.save()

    assert offers(signed_in("Operator"), hello, task) == {"list", "script"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_broken_script_says_once_why_and_has_no_form(signed_in, add_script, method):
    script = add_script("bad.py", BROKEN)
    assert script.state == "broken"
    client = signed_in("Operator")

    answer = getattr(client, method)(reverse("admin:runs_script_run", args=[script.pk]))

    text = answer.content.decode()
    assert text.count("bad.py is broken: ") == 1
    assert text.count("errornote") == 1
    assert "errorlist" not in text
    assert 'type="submit" class="default"' not in text


def test_a_disabled_script_says_so_in_place_of_its_form(signed_in, hello):
    hello.enabled = False
    hello.save()

    text = page(signed_in("Operator"), "runs_script_run", hello.pk)

    assert text.count("hello.py is disabled; enable it before running it.") == 1
    assert "submit-row" not in text


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("runs_run", '<option value="{0.name}">'),
        ("tasks_task", "?script__id__exact={0.pk}"),
    ],
)
def test_the_choice_of_scripts_names_none_that_is_hidden(
    signed_in, add_script, make_run, task, name, choice
):
    for file in ("secret.sh", "open.sh"):
        script = add_script(file, "#!/bin/sh\n")
        make_run(script=script)
        Task.objects.create(name=f"task {script.pk}", script=script)
        if file == "secret.sh":
            script.groups.create(name="night shift")

    text = page(signed_in("Viewer"), f"{name}_changelist")

    assert choice.format(task.script) in text
    assert "open.sh" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "name", ["q?x#y.txt", "%2e%2e", "a b&c.txt", "部分/新.txt", '"><b>.txt']
)
def test_a_files_link_leads_to_the_file(admin_client, make_run, name):
    run = make_run(status="completed")
    Artifact.objects.create(
        run=run, name=name, path="x", size_bytes=1, content_type="x", sha256="x"
    )

    text = page(admin_client, "runs_run_change", run.pk)
    link = text.split(f'href="/runs/runs/{run.pk}/artifacts/')[1].split('"')[0]

    assert not set(link) & set("?#&;<> ")
    assert unquote(link) == name
    listed = admin_client.get(f"/runs/runs/{run.pk}").json()["artifacts"]
    assert listed[0]["url"].endswith(f"/artifacts/{link}")


def test_groups_are_boxes_to_tick(admin_client, hello):
    url = reverse("admin:scripts_script_change", args=[hello.pk])
    night, day = (Group.objects.create(name=name) for name in ("night", "day"))
    hello.groups.set([day])

    text = admin_client.get(url).content.decode()
    assert text.count('<input type="checkbox" name="groups"') == Group.objects.count()
    assert "selectfilter" not in text

    admin_client.post(url, {"enabled": "on", "groups": [night.pk]})
    assert list(hello.groups.all()) == [night]
