"""How many queries the commonest requests cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.accounts.services import create_token
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

BESIDE = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
POST = {"script_name": "hello.py", "parameters": {"times": 2}}
KEY = {"headers": {"Idempotency-Key": "abc"}}


@pytest.fixture
def caller(make_user):
    """Make a client with a token that was used a moment ago."""

    def make(*roles, **changes):
        user = make_user("ann", *roles, **changes)
        _token, text = create_token(
            name="t", user=user, scopes=["read", "run"], lifetime=timedelta(1)
        )
        client = APIClient(headers={"authorization": f"Bearer {text}"})
        client.get("/runs/runs?limit=1")
        return client

    return make


def tables(call):
    """Return the first table of each query that the call needs."""
    with CaptureQueriesContext(connection) as captured:
        assert call().status_code in {200, 201}
    asked = [q["sql"] for q in captured if not q["sql"].startswith(BESIDE)]
    return [sql.partition(" FROM " if "SELECT" in sql else "INTO ")[2] for sql in asked]


def names(call):
    return [table.split()[0].strip('"') for table in tables(call)]


TOKEN = "accounts_token"
RIGHTS = ["auth_permission", "auth_permission"]


def test_a_run_is_started_with_four_queries(caller, hello):
    client = caller(is_superuser=True)

    asked = names(lambda: client.post("/runs/runs", POST))

    assert asked == [TOKEN, "scripts_script", "runs_run", "runs_worker"]


def test_a_role_costs_two_more(caller, hello):
    client = caller("Operator")

    asked = names(lambda: client.post("/runs/runs", POST))

    assert asked == [TOKEN, *RIGHTS, "scripts_script", "runs_run", "runs_worker"]


def test_a_key_costs_two_more(caller, hello):
    client = caller(is_superuser=True)

    asked = names(lambda: client.post("/runs/runs", POST, **KEY))

    assert asked == [
        *(TOKEN, "runs_requestkey", "scripts_script"),
        *("runs_run", "runs_requestkey", "runs_worker"),
    ]


@pytest.mark.parametrize(
    "query", ["", "?status=completed", "?status=completed,failed,queued"]
)
def test_a_page_is_three_queries_whatever_its_length(caller, make_run, query):
    client = caller(is_superuser=True)
    for _ in range(20):
        make_run(status="completed")

    asked = names(lambda: client.get(f"/runs/runs{query}"))

    assert asked == [TOKEN, "runs_run", "runs_artifact"]


def test_names_in_a_filter_are_looked_up(caller, make_run, hello):
    client = caller(is_superuser=True)
    make_run(task=Task.objects.create(name="greet", script=hello))

    query = "script=hello.py&task=greet&status=queued"
    asked = names(lambda: client.get(f"/runs/runs?{query}"))

    # Which scripts the task ever ran is the query before the page's own.
    assert asked[:3] == [TOKEN, "scripts_script", "tasks_task"]
    assert asked[4:] == ["runs_run", "runs_worker"]


def test_who_is_no_superuser_costs_the_rights_and_the_scripts(caller, make_run):
    client = caller("Operator")
    make_run()

    asked = names(lambda: client.get("/runs/runs"))

    assert asked == [TOKEN, *RIGHTS, "scripts_script", "runs_run", "runs_worker"]
