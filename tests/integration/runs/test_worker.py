"""A slot takes a message: real child processes, in this process's database."""

from __future__ import annotations

import json
import time
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.runs import logs, preparing, services, state, worker
from apps.runs.models import Reason, Run, RunStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def execute(add_script, make_run):
    """Run a script's source in a slot; return the run and what it printed."""

    def run_source(source, name="case.py", before=lambda run: None, **changes):
        run = make_run(script=add_script(name, source), **changes)
        before(run)
        worker.look()
        run.refresh_from_db()
        return run, "".join(logs.read_text(run.pk))

    return run_source


def test_a_script_runs_with_its_parameters(hello, make_run):
    run = make_run(parameters={"name": "$(id); --times=9", "times": 2})

    worker.look()

    run.refresh_from_db()
    assert (run.status, run.reason, run.exit_code) == ("completed", "exit", 0)
    assert "".join(logs.read_text(run.pk)) == "hello $(id); --times=9\n" * 2
    assert run.began_at <= run.finished_at
    assert run.started_at is not None
    assert run.cpu_s > 0
    assert run.max_rss_bytes > 2**20
    assert run.script_sha256 == hello.sha256


def test_an_exit_code_fails_the_run(execute):
    run, text = execute("import sys\nsys.exit('no luck')\n")

    assert (run.status, run.reason, run.exit_code) == ("failed", "exit", 1)
    assert text == "no luck\n"


def test_a_signal_is_recorded_as_such(execute):
    run, _text = execute("#!/bin/sh\nkill -9 $$\n", name="case.sh")

    assert (run.status, run.reason, run.signal) == ("failed", "signal", 9)
    assert run.exit_code is None


def test_a_script_that_takes_too_long_is_ended(execute):
    run, text = execute("import time\nprint('began')\ntime.sleep(60)\n", timeout_s=0.5)

    assert (run.status, run.reason) == ("failed", "timeout")
    assert text == "began\n"


def test_a_script_that_cannot_be_started_says_why(execute):
    run, _text = execute("#!/no/such/interpreter\n", name="case")

    assert (run.status, run.reason) == ("failed", "spawn")
    assert run.began_at is None or run.exit_code is None
    assert "/no/such/interpreter" in run.detail or "No such file" in run.detail


def test_a_script_that_went_while_the_run_waited_is_rejected(execute, scripts_dir):
    run, _text = execute(
        "print(1)\n", before=lambda run: (scripts_dir / "case.py").unlink()
    )

    assert (run.status, run.reason) == ("failed", Reason.REJECTED)
    assert "no longer in the scripts folder" in run.detail


def test_a_script_that_takes_other_parameters_now_is_rejected(
    hello, make_run, scripts_dir
):
    run = make_run(parameters={"name": "you"})
    (scripts_dir / "hello.py").write_text("print('I take nothing now')\n")

    worker.look()

    run.refresh_from_db()
    assert run.reason == Reason.REJECTED
    assert "name" in run.detail


def test_the_environment_is_made_from_nothing(execute, settings, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hidden")
    monkeypatch.setenv("DATABASE_URL", "hidden")
    monkeypatch.setenv("ANYTHING", "hidden")

    run, text = execute("import json, os\nprint(json.dumps(dict(os.environ)))\n")

    env = json.loads(text)
    assert "hidden" not in env.values()
    assert env["HUB_RUN_ID"] == str(run.pk)
    assert uuid.UUID(env["HUB_INSTANCE"])
    assert env["DATA_DIR"] == str(settings.DATA_DIR)
    assert env["PYTHONUNBUFFERED"] == "1"


def test_the_work_folder_is_the_runs_own_and_goes(execute, settings):
    _run, text = execute("import os\nprint(os.getcwd(), os.listdir())\n")

    assert text.startswith(str(settings.DATA_DIR / "runs"))
    assert text.endswith("[]\n")
    assert list((settings.DATA_DIR / "runs").iterdir()) == []


def test_files_that_are_left_become_artifacts(execute):
    run, _text = execute("open('out.json', 'w').write('{}')\n")

    assert list(run.artifacts.values_list("name", flat=True)) == ["out.json"]


def test_what_could_not_be_kept_stands_in_the_log(execute):
    _run, text = execute("import os\nos.symlink('/etc/passwd', 'link')\n")

    assert "was not kept: it is a link" in text


def test_output_is_there_while_the_script_runs(execute, monkeypatch):
    seen = []
    honest = worker.Execution._tick

    def look_at_the_log(self):
        seen.append("".join(logs.read_text(self._run.pk)))
        return honest(self)

    monkeypatch.setattr(worker.Execution, "_tick", look_at_the_log)

    execute("import time\nprint('first')\ntime.sleep(1.5)\nprint('last')\n")

    assert "first\n" in seen


def test_a_cancel_ends_a_running_script(execute, monkeypatch):
    monkeypatch.setattr(worker, "CANCEL_POLL_S", 0.1)
    honest = services.begin

    def begin_and_ask(**how):
        began = honest(**how)
        Run.objects.update(cancel_requested_at=how["claim"].run.queued_at)
        return began

    monkeypatch.setattr(services, "begin", begin_and_ask)
    started = time.monotonic()

    run, _text = execute("import time\ntime.sleep(60)\n")

    assert (run.status, run.reason) == (RunStatus.CANCELLED, Reason.USER)
    assert time.monotonic() - started < 30


def test_a_run_that_somebody_else_took_is_left_alone(execute, settings, monkeypatch):
    settings.HEARTBEAT_S = 0.1
    honest = services.begin

    def begin_and_lose(**how):
        began = honest(**how)
        Run.objects.filter(pk=how["claim"].run.pk).move(
            RunStatus.FAILED, reason=Reason.LOST
        )
        return began

    monkeypatch.setattr(services, "begin", begin_and_lose)

    run, _text = execute("import time\ntime.sleep(60)\n")

    assert run.reason == Reason.LOST
    assert run.exit_code is None


def test_a_draining_worker_takes_nothing_new(make_run, monkeypatch):
    run = make_run()
    monkeypatch.setattr(state, "draining_s", lambda: 1.0)

    worker.look()

    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED


def test_a_drain_that_takes_too_long_ends_the_script(execute, settings, monkeypatch):
    settings.DRAIN_SECONDS = 0
    honest = services.begin

    def begin_and_drain(**how):
        monkeypatch.setattr(state, "draining_s", lambda: 1.0)
        return honest(**how)

    monkeypatch.setattr(services, "begin", begin_and_drain)

    run, _text = execute("import time\ntime.sleep(60)\n")

    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.SHUTDOWN)


def test_looking_twice_starts_a_run_once(hello, make_run):
    run = make_run()

    worker.look()
    worker.look()

    assert "".join(logs.read_text(run.pk)) == "hello world\n"


def test_a_short_run_costs_at_most_six_queries(hello, make_run):
    make_run()
    preparing.instance_id()

    with CaptureQueriesContext(connection) as queries:
        worker.look()

    work = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
    assert len(work) <= 6, work
