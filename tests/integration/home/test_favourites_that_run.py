"""What a favourite offers: one click, the form, or nothing; and how it went last."""

from __future__ import annotations

import re

import pytest
from django.contrib.messages import get_messages

from apps.runs.models import Run, RunStatus
from apps.tasks.models import Favourite, Task

pytestmark = pytest.mark.django_db

ASKS = """#!/bin/sh
# /// script
# [tool.automation-hub]
# confirm = "Really?"
# ///
"""


@pytest.fixture
def offered(admin_client, admin_user):
    """What stands in the list of favourites, once these are the only ones."""

    def listed(*what) -> str:
        Favourite.objects.all().delete()
        for each in what:
            kind = "task" if isinstance(each, Task) else "script"
            Favourite.objects.create(user=admin_user, **{kind: each})
        text = admin_client.get("/admin/").content.decode()
        return text.partition('id="hub-starred"')[2].partition("</section>")[0]

    return listed


def click(client, script, **form):
    return client.post(f"/admin/favourites/script/{script.pk}/run/", form)


def test_what_asks_first_is_not_run_by_one_click(offered, admin_client, add_script):
    script = add_script("wipe.sh", ASKS)
    form = f"/admin/scripts/script/{script.pk}/run/"

    text = offered(script)

    assert f'href="{form}"' in text
    assert "<form" not in text
    assert click(admin_client, script).url == form
    assert not Run.objects.exists()


def test_what_is_disabled_offers_no_way_to_run_it(offered, hello):
    task = Task.objects.create(name="greet", script=hello, enabled=False)
    assert "/run/" not in offered(task)
    task.enabled = True
    task.save()
    assert "/run/" in offered(task)
    hello.enabled = False
    hello.save()

    text = offered(hello, task)

    assert "greet" in text
    assert "/run/" not in text


def test_why_it_was_not_run_is_said(admin_client, hello):
    hello.enabled = False
    hello.save()

    answer = click(admin_client, hello)

    (message,) = get_messages(answer.wsgi_request)
    assert "disabled" in str(message)
    assert not Run.objects.exists()


def test_a_click_that_is_sent_twice_runs_it_once(admin_client, hello):
    first = click(admin_client, hello, once="a" * 32)
    second = click(admin_client, hello, once="a" * 32)

    assert second.url == first.url
    assert Run.objects.count() == 1
    assert click(admin_client, hello, once="b" * 32).url != first.url


def test_the_last_run_of_each_stands_beside_it(offered, hello, make_run):
    task = Task.objects.create(name="greet", script=hello)
    make_run(task=task, status=RunStatus.COMPLETED)
    of_task = make_run(task=task, status=RunStatus.FAILED)
    of_script = make_run(status=RunStatus.CANCELLED)

    text = offered(hello, task)

    shown = re.findall(r'hub-pill hub-(\w+)"><a href="/admin/runs/run/([^/]+)/', text)
    assert shown == [("cancelled", str(of_script.pk)), ("failed", str(of_task.pk))]
