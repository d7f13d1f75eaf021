"""The page of a run: its head, what is told of it, its timeline, its retries."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.runs.admin.run_timeline import retries, timeline
from apps.runs.logs import LogWriter
from apps.runs.models import Run, Upload
from apps.scripts.secrecy import STORED
from apps.tasks.models import Schedule, Task
from tests.integration.runs.test_run_page_changes import SECRETIVE

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(make_user):
    def browser_for(role):
        client = Client()
        client.force_login(make_user(role.lower(), role, is_staff=True))
        return client

    return browser_for


@pytest.fixture
def page(admin_client):
    def open_page(run, client=admin_client):
        answer = client.get(reverse("admin:runs_run_change", args=[run.pk]))
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return open_page


@pytest.fixture
def take(make_run):
    """Make a completed run that took so many seconds."""

    def make(seconds, **changes):
        end = timezone.now()
        began = end - timedelta(seconds=seconds)
        moments = {"began_at": began, "finished_at": end}
        return make_run(status="completed", **moments, **changes)

    return make


# -- The head -----------------------------------------------------------------------
def test_what_a_run_usually_takes_stands_beside_what_it_took(take, page):
    for _ in range(3):
        take(80)

    text = page(take(40))

    assert "usually 1 m 20 s" in text
    assert "took <b>40 s</b>" in text
    assert 'max="80.00" value="40.00"' in text


def test_a_run_that_goes_on_counts_from_when_its_script_began(take, make_run, page):
    take(10)
    began = timezone.now() - timedelta(seconds=12)
    text = page(make_run(status="running", began_at=began))

    shown = re.search(rf'data-elapsed="{began.timestamp():.3f}">(\d+) s<', text)
    # As many more as the page took.
    assert 12 <= int(shown[1]) < 60
    assert f"<title>▶ {shown[1]} s · hello.py | automation-hub</title>" in text
    assert "hub/run/running.svg" in text


@pytest.mark.parametrize(
    ("status", "mark"), [("completed", "✓"), ("failed", "✗"), ("cancelled", "■")]
)
def test_the_title_and_the_icon_say_how_it_ended(make_run, page, status, mark):
    text = page(make_run(status=status))

    assert f"<title>{mark} hello.py | automation-hub</title>" in text
    assert f"hub/run/{status}.svg" in text
    assert "hub/icon.svg" not in text


def test_a_run_of_a_task_bears_its_name(hello, make_run, page):
    task = Task.objects.create(name="Greet all", script=hello)

    assert '<h1 tabindex="-1">Greet all</h1>' in page(make_run(task=task))


def test_why_it_failed_stands_above_all_with_the_last_line_of_stderr(make_run, page):
    run = make_run(status="failed", exit_code=3)
    log = LogWriter(run.pk, limit_bytes=2**20)
    log.write("stdout", b"reading\n")
    log.write("stderr", b"KeyError: <b>customer</b>\n")
    log.close()

    text = page(run)

    assert "The script ended with exit code 3." in text
    error = "<code>KeyError: &lt;b&gt;customer&lt;/b&gt;</code>"
    assert f'{error} <a href="#L2">line 2</a>' in text
    assert text.index(error) < text.index('class="hub-run-columns"')


def test_a_run_that_is_prepared_says_so(make_run, page):
    run = make_run(status="running", began_at=None)

    assert "A worker has it, and prepares what the script needs." in page(run)


def test_a_run_that_was_asked_to_stop_says_so_and_cannot_be_asked_again(make_run, page):
    text = page(make_run(status="running", cancel_requested_at=timezone.now()))

    assert "It was asked to stop." in text
    assert "/cancel/" not in text


# -- What is offered, and to whom -----------------------------------------------------
@pytest.mark.parametrize(
    ("status", "offered"),
    [("queued", {"cancel", "change"}), ("failed", {"again", "change"})],
)
def test_buttons_are_for_who_may(signed_in, make_run, page, status, offered):
    run = make_run(status=status)

    def found(role):
        text = page(run, signed_in(role))
        return {n for n in ("cancel", "again", "change") if f'id="hub-{n}"' in text}

    assert found("Operator") == offered
    assert found("Viewer") == set()


def test_links_lead_only_to_what_may_be_seen(make_user, hello, make_run, page):
    task = Task.objects.create(name="greet", script=hello)
    schedule = Schedule.objects.create(task=task, cron="0 3 * * *", label="night")
    run = make_run(task=task, schedule=schedule)
    user = make_user("ann", is_staff=True)
    user.user_permissions.add(_permission("runs", "view_run"))
    client = Client()
    client.force_login(user)

    text = page(run, client)

    assert all(word in text for word in ("hello.py", "greet", "night"))
    assert "/admin/tasks/" not in text
    assert "/admin/scripts/" not in text
    assert "/admin/tasks/" in page(run)


def _permission(app, name):
    return Permission.objects.get(content_type__app_label=app, codename=name)


@pytest.mark.parametrize("name", ["change", "live"])
def test_a_run_of_a_script_for_others_is_not_there(signed_in, hello, make_run, name):
    run = make_run()
    hello.groups.create(name="night shift")
    client = signed_in("Viewer")

    answer = client.get(reverse(f"admin:runs_run_{name}", args=[run.pk]))

    assert answer.status_code == {"change": 302, "live": 404}[name]
    assert b"hello.py" not in answer.content


def test_whoever_may_not_see_runs_sees_none(client, make_user, make_run):
    run = make_run()
    client.force_login(make_user("eve", is_staff=True))

    for name in ("change", "live"):
        answer = client.get(reverse(f"admin:runs_run_{name}", args=[run.pk]))
        assert answer.status_code == 403


@pytest.mark.parametrize("key", [uuid.UUID(int=7), "x", "_00", "1" * 400])
def test_a_run_that_is_not_there_is_told_of(admin_client, key):
    answer = admin_client.get(f"/admin/runs/run/{key}/change/", follow=True)

    assert "doesn’t exist" in answer.content.decode()


def test_nothing_is_written_through_the_page(admin_client, make_run):
    run = make_run()

    answer = admin_client.post(reverse("admin:runs_run_change", args=[run.pk]))

    assert answer.status_code == 403


# -- What is told of it ---------------------------------------------------------------
def test_secrets_are_dots_and_files_have_their_names(add_script, make_run, page):
    later = timezone.now() + timedelta(days=1)
    file = {"name": "june.csv", "sha256": "1" * 64, "size_bytes": 1, "path": "x"}
    upload = Upload.objects.create(**file, expires_at=later)
    run = make_run(
        script=add_script("secretive.py", SECRETIVE),
        parameters={"token": STORED, "data": str(upload.pk)},
        secrets={"token": "ciphertext"},
    )

    text = page(run)

    assert '<span title="A secret; it is not shown.">••••••</span>' in text
    assert "june.csv" in text
    assert not any(word in text for word in ("ciphertext", "stored", str(upload.pk)))


def test_what_has_become_a_secret_is_dots_too(add_script, make_run, page):
    script = add_script("secretive.py", SECRETIVE)

    text = page(make_run(script=script, parameters={"token": "hunter2"}))

    assert "hunter2" not in text


def test_values_are_said_as_people_read_them(make_run, page):
    values = {
        "times": [1, 2],
        "loud": True,
        "name": "<i>",
        "old": "",
        "note": "x" * 900,
    }

    text = page(make_run(parameters=values))

    assert '<span class="hub-value">1 2</span>' in text
    assert '<span class="hub-value">yes</span>' in text
    assert "&lt;i&gt;" in text
    assert "<details><summary>xxx" in text


def test_who_started_it_and_where_it_ran_is_told(make_run, page):
    queued = timezone.now() - timedelta(minutes=5)
    run = make_run(
        status="failed",
        queued_at=queued,
        claimed_at=queued + timedelta(seconds=65),
        requested_by_name="ann",
        trigger="api",
        worker="web1:7:aa",
        cpu_s=2.5,
        max_rss_bytes=50 * 2**20,
        signal=9,
        reason="signal",
        note="it has to be now",
    )

    text = page(run)

    for told in (
        "ann (API)",
        "web1:7:aa",
        "<dt>waited</dt><dd>1 m 5 s</dd>",
        "<dt>processor time</dt><dd>2.5 s</dd>",
        "50.0\xa0MB",
        "9 (SIGKILL)",
        "it has to be now",
    ):
        assert told.replace("\xa0", " ") in text.replace("\xa0", " ")


# -- The timeline -----------------------------------------------------------------------
def names(run):
    return [step.name for step in timeline(run)]


def test_steps_come_in_their_order_with_the_time_between(make_run):
    start = timezone.now() - timedelta(minutes=5)
    at = [start + timedelta(seconds=n) for n in (0, 4, 5, 30, 31)]
    run = make_run(
        status="cancelled",
        reason="user",
        queued_at=at[0],
        claimed_at=at[1],
        began_at=at[2],
        cancel_requested_at=at[3],
        finished_at=at[4],
        worker="web1:7:aa",
    )

    steps = timeline(run)

    assert [(step.name, step.after_s) for step in steps] == [
        ("queued", None),
        ("claimed", 4),
        ("began", 1),
        ("cancel requested", 25),
        ("finished", 1),
    ]
    assert steps[1].text == "by web1:7:aa"
    assert steps[-1].text == "Cancelled on request."


def test_what_is_to_come_is_named_while_it_may_come(make_run):
    assert names(make_run()) == ["queued", "claimed", "began", "finished"]
    assert names(make_run(status="cancelled", reason="user")) == ["queued", "finished"]


def test_a_run_that_came_back_says_how_often(make_run):
    assert "came back 2 times" in timeline(make_run(returns=2))[0].text


# -- Retries ----------------------------------------------------------------------------
def test_retries_and_what_they_retry_lead_to_each_other(make_run, page):
    first = make_run(status="failed")
    second = make_run(status="failed", retry_of=first, attempt=2)
    due = timezone.now() + timedelta(minutes=7)
    third = make_run(retry_of=second, attempt=3, not_before=due)

    text = page(second)

    assert f'id="hub-attempt-{first.pk}"' in text
    assert "attempt 1, which this run retries" in text
    assert f'id="hub-attempt-{third.pk}"' in text
    assert f'due at <time datetime="{due:%Y-%m-%dT%H:%M:%S}Z"' in text
    assert "hub-attempts" not in page(make_run())


def test_retries_are_only_those_that_may_be_seen(make_run, make_user, add_script):
    first = make_run(status="failed")
    hidden = add_script("hidden.sh", "#!/bin/sh\n")
    hidden.groups.create(name="night shift")
    make_run(script=hidden, retry_of=first, attempt=2)

    assert not retries(first, make_user("ann", "Viewer"))


# -- What the page asks for ---------------------------------------------------------------
@pytest.fixture
def live(admin_client):
    def ask(run, state=""):
        address = reverse("admin:runs_run_live", args=[run.pk])
        return admin_client.get(address, {"state": state})

    return ask


def parts(answer):
    text = answer.content.decode()
    known = ("head", "why", "timeline", "facts", "changes", "artifacts")
    return {name for name in known if f'data-part="{name}"' in text}


def test_all_parts_come_when_the_state_is_another(live, make_run):
    run = make_run(status="running")
    state = live(run).context["head"].state

    assert parts(live(run, state)) == {"head", "why", "timeline"}
    Run.objects.filter(pk=run.pk).update(
        status="failed",
        reason="exit",
        claim_token=None,
        lease_until=None,
        finished_at=timezone.now(),
    )
    assert parts(live(run, state)) >= {"facts", "changes", "artifacts"}
    assert "no-store" in live(run)["Cache-Control"]


def test_it_is_asked_as_long_as_something_may_change(live, make_run):
    failed = make_run(status="failed")

    assert 'data-every="0"' in live(failed).content.decode()
    make_run(retry_of=failed, attempt=2)
    assert 'data-every="5000"' in live(failed).content.decode()
    assert 'data-every="1000"' in live(make_run()).content.decode()


def test_what_is_asked_each_second_costs_few_queries(
    live, make_run, django_assert_max_num_queries
):
    run = make_run(status="running")
    state = live(run).context["head"].state

    with django_assert_max_num_queries(6):
        live(run, state)


def test_without_javascript_an_active_run_is_loaded_again(make_run, page):
    assert 'http-equiv="refresh"' in page(make_run())
    assert 'http-equiv="refresh"' not in page(make_run(status="completed"))
