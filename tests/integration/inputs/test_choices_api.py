"""POST /scripts/{path}/choices, the address of which a script may bear itself."""

from __future__ import annotations

import pytest

from apps.runs import worker
from apps.runs.models import Run
from tests.integration.inputs.test_choices import HOSTS, USES

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(api_as, add_script):
    add_script("hosts.sh", HOSTS)
    add_script("db/uses.sh", USES)
    return api_as("Operator")


def ask(client, path="/scripts/db/uses.sh/choices", **body):
    return client.post(path, {"parameter": "host", "parameters": {"env": "dev"}} | body)


@pytest.mark.parametrize("slash", ["", "/"])
def test_who_asks_waits_for_a_run_and_then_has_them(operator, slash):
    path = f"/scripts/db/uses.sh/choices{slash}"
    answer = ask(operator, path)
    waits = answer.json()
    assert (answer.status_code, answer["Retry-After"]) == (202, "1")
    assert (waits["ready"], waits["choices"]) == (False, [])
    assert operator.get(waits["run_url"]).json()["trigger"] == "choices"

    worker.look()

    answer = ask(operator, path)
    assert answer.status_code == 200
    assert answer.json()["choices"] == [
        {"value": "dev1", "label": "First of dev"},
        {"value": "dev2", "label": "dev2"},
    ]
    assert ask(operator, path, refresh=True).status_code == 202


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parameter": "nope"}, "parameter"),
        ({"parameter": "env"}, "parameter"),
        ({"parameter": "x" * 9999}, "parameter"),
        ({"parameter": None}, "parameter"),
        ({"parameters": []}, "parameters"),
        ({"parameters": {}}, "parameters.host"),
        ({"refresh": 1}, "refresh"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_wrong_is_named(operator, body, field):
    answer = ask(operator, **body)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    "env", ["$(id)", 5, None, ["dev"], {"a": 1}, "\u202e", "x" * 100_000]
)
def test_what_the_lister_does_not_take_is_told(operator, env):
    answer = ask(operator, parameters={"env": env})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_choices")
    assert not Run.objects.exists()


def test_who_may_not_run_scripts_may_not_ask(operator, api, api_as, nearby):
    assert ask(api_as("Viewer")).status_code == 403
    assert ask(api).status_code == 401
    # The scripts are not open to callers without credentials.
    assert ask(nearby).status_code == 401
    assert operator.get("/scripts/db/uses.sh/choices").status_code == 404


def test_a_script_of_that_name_comes_first(operator, add_script):
    add_script("db/uses.sh.d/choices", "#!/bin/sh\necho hello\n")
    found = operator.get("/scripts/db/uses.sh.d/choices")
    assert found.json()["script_name"] == "db/uses.sh.d/choices"
    refusals = [
        operator.post(f"/scripts/db/{name}").json()["code"]
        for name in ("uses.sh", "uses.sh.d/choices")
    ]
    assert refusals == ["permission_denied"] * 2
