"""Who may call what, with and without credentials."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from apps.accounts.services import create_token
from apps.runs.models import Run
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

READS = ["/scripts", "/scripts/hello.py", "/runs", "/runs/runs", "/meta"]


def body(name="hello.py", **parameters):
    return {"script_name": name, "parameters": parameters}


@pytest.mark.parametrize("path", READS)
def test_without_credentials_the_api_answers_401(api, hello, path):
    answer = api.get(path)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "not_authenticated"


def test_without_credentials_nothing_is_started(api, hello):
    assert api.post("/runs/runs", body()).status_code == 401
    assert not Run.objects.exists()


@pytest.mark.parametrize("path", ["/health", "/schema", "/docs", "/redoc"])
def test_health_and_the_documents_are_public(api, path):
    assert api.get(path).status_code == 200


def test_a_trusted_anonymous_caller_runs_and_reads_open_scripts(nearby, hello):
    created = nearby.post("/runs/runs", body(times=2))

    assert created.status_code == 201
    assert created.json()["requested_by"] is None
    url = f"/runs/runs/{created.json()['run_id']}"
    assert nearby.get(url).status_code == 200
    assert nearby.get(f"{url}/log").status_code == 200
    for path in READS:
        assert nearby.get(path).status_code == 200, path


def test_a_trusted_anonymous_caller_gets_nothing_of_other_scripts(
    nearby, hello, closed, make_run
):
    run = make_run(script=closed)

    assert nearby.post("/runs/runs", body("closed.sh")).status_code == 401
    assert nearby.get("/scripts/closed.sh").status_code == 401
    assert nearby.get(f"/runs/runs/{run.pk}").status_code == 401
    assert nearby.get(f"/runs/runs/{run.pk}/log").status_code == 401
    listed = nearby.get("/scripts").json()["results"]
    assert [script["script_name"] for script in listed] == ["hello.py"]
    assert nearby.get("/runs/runs").json()["results"] == []


def test_a_trusted_anonymous_caller_may_do_nothing_else(nearby, hello, make_run):
    run = make_run()

    assert nearby.post(f"/runs/runs/{run.pk}/cancel").status_code == 401
    assert nearby.post(f"/runs/runs/{run.pk}/retry").status_code == 401
    assert nearby.post("/scripts").status_code == 401
    assert nearby.post("/scripts/hello.py/disable").status_code == 401


def test_an_open_script_that_is_limited_to_groups_is_not_open(nearby, hello):
    hello.groups.add(Group.objects.create(name="night shift"))

    assert nearby.post("/runs/runs", body()).status_code == 401


def test_a_parameter_that_is_kept_from_anonymous_callers(nearby, api_as, add_script):
    add_script(
        "to.sh",
        "# /// script\n# [tool.automation-hub]\n# anonymous = true\n"
        "# [tool.automation-hub.parameters.to]\n# type = 'string'\n"
        "# anonymous = false\n# ///\n",
    )

    assert nearby.post("/runs/runs", body("to.sh")).status_code == 201
    assert nearby.post("/runs/runs", body("to.sh", to="x")).status_code == 401
    operator = api_as("Operator")
    assert operator.post("/runs/runs", body("to.sh", to="x")).status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-for": "10.0.0.1"},
        {"forwarded": "for=10.0.0.1"},
        {"via": "1.1 proxy"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"host": "evil.example"},
    ],
)
def test_trust_ends_with_a_proxy_another_site_or_another_host(
    nearby, hello, headers, settings
):
    settings.ALLOWED_HOSTS = ["*"]

    answer = nearby.post("/runs/runs", body(), headers=headers)

    assert answer.status_code == 401
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("role", "reads", "runs", "manages"),
    [
        ("Viewer", True, False, False),
        ("Operator", True, True, False),
        ("Editor", True, True, True),
        ("Admin", True, True, True),
    ],
)
def test_what_each_role_may(api_as, hello, role, reads, runs, manages):
    client = api_as(role)

    assert (client.get("/runs/runs").status_code == 200) is reads
    assert (client.post("/runs/runs", body()).status_code == 201) is runs
    assert (client.post("/scripts/hello.py/disable").status_code == 200) is manages
    assert (client.post("/scripts").status_code == 200) is manages


def test_a_user_without_a_role_may_nothing(api_as, hello):
    answer = api_as().get("/runs/runs")

    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"


def token_client(user, *scopes):
    _token, text = create_token(
        name="-".join(scopes), user=user, scopes=scopes, lifetime=timedelta(days=1)
    )
    return APIClient(
        REMOTE_ADDR="203.0.113.9", headers={"authorization": f"Bearer {text}"}
    )


def test_a_token_may_what_its_scopes_and_its_user_may(make_user, hello):
    user = make_user("ann", "Operator")
    reader, runner = token_client(user, "read"), token_client(user, "run")

    assert reader.get("/runs/runs").status_code == 200
    assert reader.post("/runs/runs", body()).status_code == 403
    assert runner.post("/runs/runs", body()).status_code == 201
    assert runner.get("/runs/runs").status_code == 403


def test_a_token_gives_its_user_no_more_than_the_role(make_user, hello):
    client = token_client(make_user("ann", "Viewer"), "read", "run", "manage")

    assert client.post("/runs/runs", body()).status_code == 403


def test_a_script_limited_to_groups_is_there_for_its_members_alone(
    make_user, hello, make_run
):
    night = Group.objects.create(name="night shift")
    hello.groups.add(night)
    run = make_run()
    owner, stranger = make_user("owner", "Operator"), make_user("stranger", "Operator")
    owner.groups.add(night)

    for user, status in ((owner, 200), (stranger, 404)):
        client = token_client(user, "read")
        assert client.get("/scripts/hello.py").status_code == status
        assert client.get(f"/runs/runs/{run.pk}").status_code == status
        assert client.get(f"/runs/runs/{run.pk}/log").status_code == status
        found = client.get("/runs/runs").json()["results"]
        assert bool(found) is (status == 200)
    refused = token_client(stranger, "run")
    assert refused.post("/runs/runs", body()).status_code == 404
    assert refused.post(f"/runs/runs/{run.pk}/cancel").status_code == 404


def test_a_session_needs_its_csrf_token(make_user, hello):
    client = APIClient(REMOTE_ADDR="203.0.113.9", enforce_csrf_checks=True)
    client.force_login(make_user("ann", "Operator"))

    assert client.get("/runs/runs").status_code == 200
    assert client.post("/runs/runs", body()).status_code == 403
    assert not Run.objects.exists()


def start_task(client, name):
    answer = client.post("/runs/runs", {"task": name})
    return answer.status_code, answer.json()


def unknown(name):
    return 404, {"code": "not_found", "message": f"There is no task '{name}'."}


def test_a_task_of_a_hidden_script_is_there_as_little_as_an_unknown_one(
    nearby, api_as, closed, hello
):
    Task.objects.create(name="secret task", script=closed)
    closed.groups.add(Group.objects.create(name="night shift"))

    for client in (nearby, api_as("Operator")):
        assert start_task(client, "secret task") == unknown("secret task")
        assert start_task(client, "no task") == unknown("no task")
    assert not Run.objects.exists()


def test_a_task_of_a_script_that_is_not_open_is_unknown_without_credentials(
    nearby, api_as, closed
):
    Task.objects.create(name="closed task", script=closed)

    assert start_task(nearby, "closed task") == unknown("closed task")
    assert start_task(api_as("Operator"), "closed task")[0] == 201


def test_a_trusted_anonymous_caller_runs_tasks_of_open_scripts(nearby, hello):
    Task.objects.create(name="greet", script=hello, parameters={"times": 2})

    status, run = start_task(nearby, "greet")

    assert status == 201
    assert run["parameters"] == {"times": 2}
