"""A run that retention deletes while a request about it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from apps.runs.models import Run
from tests.integration.runs.meanwhile import before_an_update

pytestmark = pytest.mark.django_db


@contextmanager
def before_the_query_after_the_find() -> Iterator[None]:
    """Delete all runs once one was found, just before the next query is executed."""
    found = []

    def delete_after(execute, sql, *how):
        is_find = sql.startswith('SELECT "runs_run"')
        if found and found[0] == "run":
            found[0] = "deleted"
            Run.objects.all().delete()
        elif is_find and not found:
            found.append("run")
        return execute(sql, *how)

    with connection.execute_wrapper(delete_after):
        yield
    assert found == ["deleted"]


def test_a_cancel_answers_404(api_as, make_run):
    run = make_run(status="running")

    with before_an_update(lambda: Run.objects.all().delete()):
        answer = api_as("Operator").post(f"/runs/runs/{run.pk}/cancel")

    assert answer.status_code == 404
    assert f"There is no run {run.pk}" in answer.json()["message"]


@pytest.mark.parametrize("tail", ["", "/log?after=0", "/log?tail=5"])
def test_what_was_found_is_shown(api_as, make_run, tail):
    run = make_run(status="completed")

    with before_the_query_after_the_find():
        answer = api_as("Viewer").get(f"/runs/runs/{run.pk}{tail}")

    assert answer.status_code == 200


def test_a_retry_answers_404(api_as, make_run):
    run = make_run(status="failed")

    with before_the_query_after_the_find():
        answer = api_as("Operator").post(f"/runs/runs/{run.pk}/retry")

    assert answer.status_code == 404
    assert f"There is no run {run.pk}" in answer.json()["message"]
