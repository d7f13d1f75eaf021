"""The page of a script: how it went, who uses it, and how its parameters were read."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.runs import services
from apps.runs.models import RunStatus
from apps.tasks.models import Schedule, Task
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db

HALF_READ = """#!/usr/bin/env python3
import argparse
import elsewhere

parser = argparse.ArgumentParser()
parser.add_argument("--day", required=True, help="Which day")
parser.add_argument("--level", choices=elsewhere.LEVELS)
parser.add_argument("--limit", type=int, default=5)
if elsewhere.ready():
    parser.add_argument("--maybe")
parser.parse_args()
"""


@pytest.fixture
def half_read(add_script):
    return add_script("half.py", HALF_READ)


def url_of(script):
    return reverse("admin:scripts_script_change", args=[script.pk])


def rows_of(answer):
    """The cells of the table of parameters, by the parameter's name."""
    table = answer.content.decode().partition('id="parameters"')[2]
    table = table.partition("</table>")[0]
    found = {}
    for row in table.partition("<tbody>")[2].split("</tr>")[:-1]:
        cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        texts = [" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in cells]
        found[texts[0].split()[0]] = texts
    return found


def test_the_table_says_type_line_default_and_whether_it_is_required(
    admin_client, half_read
):
    rows = rows_of(admin_client.get(url_of(half_read)))

    assert rows["day"][:5] == ["day --day", "text", "yes", "-", "6"]
    assert rows["limit"][:5] == ["limit --limit", "whole number", "no", "5", "8"]


def test_what_could_not_be_read_is_said_with_its_line(admin_client, half_read):
    answer = admin_client.get(url_of(half_read))
    text = text_of(answer)

    assert "What could not be read" in text
    assert '<a href="#L-10">Line 10</a>' in answer.content.decode()
    assert "All of them were read completely" not in text


def test_what_was_read_completely_says_so(admin_client, hello):
    assert "All of them were read completely" in text_of(
        admin_client.get(url_of(hello))
    )


def test_the_overview_tells_of_the_latest_runs(admin_client, hello, make_run):
    now = timezone.now()
    began = now - timedelta(seconds=80)
    done = make_run(status=RunStatus.COMPLETED, began_at=began, finished_at=now)
    failed = make_run(status=RunStatus.FAILED, began_at=began, finished_at=now)

    answer = admin_client.get(url_of(hello))
    strip = (
        answer.content.decode().partition("hub-runs-strip")[2].partition("</svg>")[0]
    )

    assert "1 of 2 completed, usually in 1 m 20 s" in text_of(answer)
    links = re.findall(r'href="[^"]*/run/([0-9a-f-]{36})/change/"', strip)
    assert links == [str(done.pk), str(failed.pk)]
    assert strip.count("<path") == 1


def test_a_script_that_never_ran_offers_to_run_it(admin_client, hello):
    assert "It has never run. Run it." in text_of(admin_client.get(url_of(hello)))


def test_tasks_and_schedules_that_use_it_stand_with_the_next_fire(admin_client, hello):
    task = Task.objects.create(name="greet", script=hello)
    Task.objects.create(name="by hand", script=hello)
    schedule = Schedule(task=task, timezone="Asia/Shanghai", cron="30 2 * * *")
    services.save_schedule(schedule=schedule)

    answer = admin_client.get(url_of(hello))

    text = text_of(answer)
    assert "by hand no schedule" in text
    assert re.search(r"02:30.{0,60}Asia/Shanghai on", text)
    # 02:30 there.
    assert re.search(r'title="\d{4}-\d\d-\d\d 18:30:00 UTC"', answer.content.decode())


def test_who_may_not_see_runs_or_tasks_sees_none(make_user, hello, make_run):
    Task.objects.create(name="nightly", script=hello)
    run = make_run(status=RunStatus.FAILED)
    user = make_user("ann", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(url_of(hello)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_script"))

    text = client.get(url_of(hello)).content.decode()

    assert str(run.pk) not in text
    assert "nightly" not in text


def test_a_broken_script_says_why_it_cannot_be_run(admin_client, add_script):
    script = add_script("bad.py", "#!/usr/bin/env python3\ndef broken(:\n")

    text = text_of(admin_client.get(url_of(script)))

    assert "bad.py is broken: Line 2" in text
    assert "Nothing could be read." in text
    assert "Run…" not in text
