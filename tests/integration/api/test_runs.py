"""The guide's calls, and the JSON they answer with."""

from __future__ import annotations

import pytest

from apps.runs.models import Artifact, LogChunk, Run
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

RUN_KEYS = [
    "run_id",
    "script_name",
    "script_sha256",
    "source_url",
    "task",
    "schedule",
    "scheduled_for",
    "parameters",
    "status",
    "reason",
    "message",
    "exit_code",
    "signal",
    "trigger",
    "note",
    "requested_by",
    "queue",
    "worker",
    "attempt",
    "retry_of",
    "waiting",
    "queued_at",
    "began_at",
    "started_at",
    "finished_at",
    "cancel_requested_at",
    "duration_s",
    "cpu_s",
    "max_rss_bytes",
    "log_url",
    "artifacts",
]


@pytest.fixture
def operator(api_as):
    return api_as("Operator")


def test_the_guides_request_starts_a_run(operator, hello):
    answer = operator.post(
        "/runs/runs", {"script_name": "hello.py", "parameters": {"times": 2}}
    )

    run = answer.json()
    assert answer.status_code == 201
    assert run["status"] == "queued"
    assert run["parameters"] == {"times": 2}
    assert run["requested_by"] == "operator"
    assert answer["Location"] == f"http://testserver/runs/runs/{run['run_id']}"


@pytest.mark.parametrize("base", ["/runs/runs", "/runs/runs/", "/runs", "/runs/"])
def test_every_spelling_of_the_route_works_without_redirect(operator, hello, base):
    created = operator.post(base, {"script_name": "hello.py"})
    assert created.status_code == 201

    slash = "/" if base.endswith("/") else ""
    read = operator.get(f"{base.rstrip('/')}/{created.json()['run_id']}{slash}")
    assert read.json() == created.json()
    assert operator.get(base).json()["results"][0] == read.json()


def test_a_run_has_exactly_the_promised_keys(operator, make_run):
    run = operator.get(f"/runs/runs/{make_run().pk}").json()

    assert list(run) == RUN_KEYS


def test_a_failed_run_says_why(operator, make_run):
    run = make_run(status="failed", reason="signal", signal=9)

    shown = operator.get(f"/runs/runs/{run.pk}").json()

    assert shown["reason"] == "signal"
    assert "killed by signal 9 (SIGKILL), maybe out of memory" in shown["message"]


def test_a_queued_run_says_what_it_waits_for(operator, make_run):
    waiting = operator.get(f"/runs/runs/{make_run().pk}").json()["waiting"]

    assert "No worker serves the queue default" in waiting


def test_a_task_can_be_run_by_its_name(operator, hello):
    Task.objects.create(name="greet", script=hello, parameters={"name": "you"})

    run = operator.post("/runs/runs", {"task": "greet"}).json()

    assert (run["task"], run["parameters"]) == ("greet", {"name": "you"})


def test_lists_filter_by_status_script_and_task(operator, hello, add_script, make_run):
    task = Task.objects.create(name="greet", script=hello)
    other = add_script("other.sh", "#!/bin/sh\n")
    wanted = {
        "status=failed": make_run(status="failed"),
        "script=other.sh": make_run(script=other),
        "task=greet": make_run(task=task),
    }

    for query, run in wanted.items():
        results = operator.get(f"/runs/runs?{query}").json()["results"]
        assert [row["run_id"] for row in results] == [str(run.pk)], query


def test_pages_lead_on_and_back_without_gaps(operator, make_run):
    made = [str(make_run().pk) for _ in range(5)][::-1]

    first = operator.get("/runs/runs?limit=2").json()
    second = operator.get(first["next"]).json()
    third = operator.get(second["next"]).json()

    pages = [first, second, third]
    assert [row["run_id"] for page in pages for row in page["results"]] == made
    assert (first["previous"], third["next"]) == (None, None)
    assert operator.get(third["previous"]).json()["results"] == second["results"]
    back = operator.get(second["previous"]).json()
    assert back["results"] == first["results"]
    assert back["previous"] is None


def test_a_page_costs_the_same_number_of_queries_whatever_its_length(
    operator, make_run, django_assert_max_num_queries
):
    for _ in range(20):
        make_run()

    # Session, user, groups' permissions (two), visibility, runs, artifacts, workers.
    with django_assert_max_num_queries(8):
        operator.get("/runs/runs")


def test_cancel_answers_with_the_run(operator, make_run):
    answer = operator.post(f"/runs/runs/{make_run().pk}/cancel")

    assert answer.status_code == 202
    assert answer.json()["status"] == "cancelled"


def test_cancelling_what_has_ended_is_a_conflict(operator, make_run):
    answer = operator.post(f"/runs/runs/{make_run(status='failed').pk}/cancel")

    assert answer.status_code == 409
    assert answer.json()["code"] == "run_not_cancellable"


def test_retry_starts_a_new_run_of_the_same(operator, make_run):
    old = make_run(status="failed", parameters={"times": 3})

    answer = operator.post(f"/runs/runs/{old.pk}/retry")

    assert answer.status_code == 201
    assert answer.json()["parameters"] == {"times": 3}
    assert answer.json()["retry_of"] == str(old.pk)
    assert answer.json()["trigger"] == "retry"


def test_each_retry_is_another_attempt(operator, make_run):
    url = f"/runs/runs/{make_run(status='failed').pk}/retry"

    assert [operator.post(url).json()["attempt"] for _ in range(3)] == [2, 3, 4]


def test_retrying_what_is_active_is_a_conflict(operator, make_run):
    assert operator.post(f"/runs/runs/{make_run().pk}/retry").status_code == 409


def test_the_log_is_text(operator, make_run):
    run = make_run(status="completed")
    for seq, text in enumerate(["one\n", "二\n"], start=1):
        LogChunk.objects.create(run=run, seq=seq, stream="stdout", text=text)

    answer = operator.get(f"/runs/runs/{run.pk}/log")

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert b"".join(answer.streaming_content).decode() == "one\n二\n"


def test_the_log_can_be_followed(operator, make_run):
    run = make_run(status="running")
    LogChunk.objects.create(run=run, seq=1, stream="stderr", text="one\n")

    page = operator.get(f"/runs/runs/{run.pk}/log?after=0").json()
    assert page == {
        "chunks": [{"seq": 1, "stream": "stderr", "text": "one\n"}],
        "next": 1,
        "done": False,
    }

    Run.objects.filter(pk=run.pk).move("completed", reason="exit")
    page = operator.get(f"/runs/runs/{run.pk}/log?after=1").json()
    assert page == {"chunks": [], "next": 1, "done": True}


def test_an_artifact_is_a_download(operator, make_run, settings):
    run = make_run(status="completed")
    folder = settings.DATA_DIR / "artifacts"
    folder.mkdir()
    (folder / "stored").write_text("<script>alert(1)</script>")
    Artifact.objects.create(
        run=run,
        name="报告 1.html",
        path="stored",
        size_bytes=25,
        content_type="text/html",
        sha256="0" * 64,
    )

    url = operator.get(f"/runs/runs/{run.pk}").json()["artifacts"][0]["url"]
    answer = operator.get(url)

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"


def test_an_artifact_that_is_not_there_is_404(operator, make_run):
    answer = operator.get(f"/runs/runs/{make_run().pk}/artifacts/../../../etc/passwd")

    assert answer.status_code == 404
