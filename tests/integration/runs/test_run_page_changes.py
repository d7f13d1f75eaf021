"""What a run's page says has changed since the last success."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.runs.admin.run_changes import changes_of
from apps.runs.models import Run, Upload
from apps.runs.since_success import Change, changed_parameters, last_success
from apps.scripts.secrecy import STORED
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

SECRETIVE = """#!/usr/bin/env python3
# /// script
# [tool.automation-hub.parameters.token]
# secret = true
# env = "TOKEN"
# [tool.automation-hub.parameters.data]
# file = true
# ///
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--data")
parser.parse_args()
"""
NEEDS = """#!/usr/bin/env python3
# /// script
# dependencies = [{packages}]
# ///
"""


@pytest.fixture
def secretive(add_script):
    return add_script("secretive.py", SECRETIVE)


@pytest.fixture
def page(admin_client):
    def open_page(run):
        answer = admin_client.get(reverse("admin:runs_run_change", args=[run.pk]))
        assert answer.status_code == 200
        return answer.content.decode()

    return open_page


@pytest.fixture
def make_upload(db):
    def make(name, sha256):
        later = timezone.now() + timedelta(days=1)
        values = {"name": name, "sha256": sha256, "size_bytes": 1, "path": name}
        return Upload.objects.create(**values, expires_at=later)

    return make


def rows(run):
    found = Run.objects.select_related("script", "version", "task").get(pk=run.pk)
    return {row.name: (row.old, row.new) for row in changes_of(found).rows}


def changes(run):
    return changes_of(Run.objects.select_related("script", "version").get(pk=run.pk))


# -- Which run it is compared with --------------------------------------------------
def test_it_is_the_last_completed_one_before(make_run):
    make_run(status="completed")
    last = make_run(status="completed")
    make_run(status="failed")
    run = make_run(status="failed")
    make_run(status="completed")

    assert last_success(run) == last


def test_a_run_of_the_same_task_comes_first(hello, make_run):
    task = Task.objects.create(name="greet", script=hello)
    of_task = make_run(status="completed", task=task)
    other = make_run(status="completed")

    assert last_success(make_run(status="failed", task=task)) == of_task
    assert last_success(make_run(status="failed")) == other


def test_without_one_of_its_task_it_is_one_of_its_script(hello, make_run):
    task = Task.objects.create(name="greet", script=hello)
    last = make_run(status="completed")

    assert last_success(make_run(status="failed", task=task)) == last


def test_another_script_of_the_same_task_is_none(hello, make_run, add_script):
    task = Task.objects.create(name="greet", script=hello)
    other = add_script("other.sh", "#!/bin/sh\n")
    make_run(status="completed", task=task, script=other)

    assert last_success(make_run(status="failed", task=task)) is None


def test_a_script_that_never_succeeded_says_so(make_run, page):
    assert "The script has not succeeded before." in page(make_run(status="failed"))


def test_a_run_whose_script_is_gone_is_compared_with_nothing(make_run, page):
    make_run(status="completed")
    run = make_run(status="failed")
    Run.objects.filter(pk=run.pk).update(script=None)

    assert "What changed since" not in page(run)


# -- Parameters ---------------------------------------------------------------------
def test_parameters_are_compared_one_by_one(make_run):
    make_run(status="completed", parameters={"name": "a", "times": 1})
    run = make_run(status="failed", parameters={"name": "b", "loud": True})

    assert rows(run) == {
        "loud": ("not given", "yes"),
        "name": ("a", "b"),
        "times": ("1", "not given"),
    }


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [(1, True, True), (1, 1.0, False), ([1, 2], [1, 2], False), ([1], [1, 2], True)],
)
def test_values_are_the_same_as_they_are_in_json(make_run, old, new, differ):
    one, two = make_run(parameters={"x": old}), make_run(parameters={"x": new})

    expected = [Change("x", old, new)] if differ else []
    assert changed_parameters(one, two) == expected


def test_a_secret_that_may_be_another_is_named_and_never_shown(
    secretive, make_run, page
):
    stored = {"script": secretive, "parameters": {"token": STORED}}
    make_run(**stored, status="completed", secrets={"token": "cipher-one"})
    run = make_run(**stored, status="failed", secrets={"token": "cipher-two"})

    text = page(run)

    assert rows(run) == {}
    assert "parameters" not in changes(run).same
    assert "Secrets that may be others or the same: token" in " ".join(text.split())
    assert "cipher" not in text


def test_the_same_ciphertext_is_the_same_secret(secretive, make_run):
    same = {"parameters": {"token": STORED}, "secrets": {"token": "cipher"}}
    make_run(script=secretive, status="completed", **same)

    found = changes(make_run(script=secretive, status="failed", **same))

    assert (found.untold, found.rows) == ([], [])
    assert "parameters" in found.same


def test_that_a_secret_was_given_at_all_can_be_told(secretive, make_run):
    make_run(script=secretive, status="completed")
    run = make_run(script=secretive, status="failed", parameters={"token": STORED})

    assert rows(run) == {"token": ("not given", "••••••")}


def test_what_was_in_the_open_before_it_was_a_secret_is_dots(secretive, make_run, page):
    for status, value in (("completed", "hunter1"), ("failed", "hunter2")):
        run = make_run(script=secretive, status=status, parameters={"token": value})

    assert rows(run) == {}
    assert changes(run).untold == ["token"]
    assert "hunter" not in page(run)


def test_files_are_compared_by_what_they_hold(secretive, make_run, make_upload):
    sent = [make_upload("a.csv", sha) for sha in ("1" * 64, "1" * 64, "2" * 64)]
    runs = [
        make_run(script=secretive, status=status, parameters={"data": str(one.pk)})
        for status, one in zip(("completed", "failed", "failed"), sent, strict=True)
    ]

    assert rows(runs[1]) == {}
    assert rows(runs[2]) == {"data": ("a.csv", "a.csv")}


# -- The rest -----------------------------------------------------------------------
def test_the_versions_differ_and_a_link_says_how(add_script, make_run, page):
    old = add_script("a.sh", "#!/bin/sh\necho 1\n").versions.get()
    script = add_script("a.sh", "#!/bin/sh\necho 2\n")
    new = script.versions.get(number=2)
    make_run(script=script, version=old, script_sha256=old.sha256, status="completed")
    run = make_run(
        script=script, version=new, script_sha256=new.sha256, status="failed"
    )

    assert rows(run) == {"script": ("version 1", "version 2")}
    link = f"{reverse('admin:scripts_script_diff', args=[script.pk])}?from=1&amp;to=2"
    assert page(run).count(link) == 2


def test_packages_that_another_version_asks_for_are_named(add_script, make_run):
    old = add_script("a.py", NEEDS.format(packages='"rich"')).versions.get()
    script = add_script("a.py", NEEDS.format(packages='"rich>=14", "httpx"'))
    new = script.versions.get(number=2)
    make_run(script=script, version=old, status="completed")
    run = make_run(script=script, version=new, status="failed")

    assert rows(run)["dependencies"] == ("rich", "httpx\nrich>=14")


def test_host_limit_and_exit_code_are_compared(make_run):
    make_run(status="completed", worker="web1:7:aa", exit_code=0, timeout_s=60)
    run = make_run(status="failed", worker="web2:9:bb", exit_code=3, timeout_s=120)

    assert rows(run) == {
        "worker's host": ("web1", "web2"),
        "time limit": ("1 m 0 s", "2 m 0 s"),
        "exit code": ("0", "3"),
    }


@pytest.mark.parametrize(("seconds", "differs"), [(11, False), (12, False), (40, True)])
def test_a_duration_counts_when_it_is_unusual(make_run, seconds, differs):
    began = timezone.now() - timedelta(hours=1)
    for status, took in (("completed", 10), ("failed", seconds)):
        end = began + timedelta(seconds=took)
        run = make_run(status=status, began_at=began, finished_at=end)

    assert ("duration" in rows(run)) is differs
    assert ("duration, about" in changes(run).same) is not differs


def test_failures_since_are_counted(make_run, page):
    make_run(status="failed")
    make_run(status="completed")
    first = make_run(status="failed")
    third = [make_run(status="failed") for _ in range(2)][-1]

    assert "the first failure since" in page(first)
    assert "3 failures since, with this one" in page(third)


def test_an_error_is_new_or_known(make_run, page):
    known = make_run(status="failed", fingerprint="KeyError: #")
    again = make_run(status="failed", fingerprint="KeyError: #")
    new = make_run(status="failed", fingerprint="OSError")

    assert changes(again).error_before == known
    assert "It failed with the same error before" in page(again)
    assert "This error is new" in page(new)


def test_it_costs_the_same_however_many_runs_there_are(hello, make_run):
    def queries(run):
        found = Run.objects.select_related("script", "version", "task").get(pk=run.pk)
        with CaptureQueriesContext(connection) as caught:
            changes_of(found)
        return len(caught)

    make_run(status="completed")
    few = queries(make_run(status="failed", fingerprint="x"))
    for _ in range(20):
        make_run(status="failed", fingerprint="x")
    assert queries(make_run(status="failed", fingerprint="x")) == few <= 3
