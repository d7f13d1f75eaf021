"""What goes wrong around a script costs neither its result nor its honesty."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from apps.runs import artifacts, logs, preparing, services, state, worker
from apps.runs.folders import folders as folders_of
from apps.runs.logs import writer as log_writer
from apps.runs.models import LogChunk, Run

pytestmark = pytest.mark.django_db

HEADER = "# /// script\n# [tool.automation-hub]\n# artifacts = {patterns}\n# ///\n"


@pytest.fixture
def perform(add_script, make_run):
    """Run a source in a slot; returns the run as it is afterwards."""

    def run_source(source, name="case.py", **changes):
        run = make_run(script=add_script(name, source), **changes)
        worker.look()
        run.refresh_from_db()
        return run

    return run_source


@pytest.fixture(autouse=True)
def _keep_the_connection(monkeypatch):
    """A worker drops a connection that failed; a test's holds its transaction."""
    for module in (worker, log_writer):
        monkeypatch.setattr(module, "close_old_connections", lambda: None)


def interrupt(monkeypatch, target, name, *, before=None, after=None):
    """Do something else just before or after a verb of ours, each time it is called."""
    honest = getattr(target, name)

    def verb(*args, **kwargs):
        if before:
            before(*args, **kwargs)
        result = honest(*args, **kwargs)
        if after:
            after(*args, **kwargs)
        return result

    monkeypatch.setattr(target, name, verb)


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.symlink('/etc/passwd', b'\\xff.txt')\n",
        "import os\nopen(os.environ['HUB_ARTIFACTS'], 'wb').write(b'/\\xff\\n/nope\\n')\n",
        HEADER.format(patterns='["**/*"]'),
    ],
)
def test_what_cannot_be_kept_costs_no_result(perform, source):
    run = perform(source)

    assert (run.status, run.exit_code) == ("completed", 0), run.detail


def test_collecting_that_fails_costs_no_result(perform, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the storage is on fire")

    monkeypatch.setattr(artifacts, "collect", fail)

    assert perform("print('done')\n").status == "completed"


def test_a_fault_of_the_hub_ends_the_run_with_its_name(perform, monkeypatch, settings):
    def fail(*args, **kwargs):
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(preparing, "build_env", fail)

    run = perform("print(1)\n")

    assert (run.status, run.reason) == ("failed", "spawn")
    assert "RuntimeError: unforeseen" in run.detail
    assert list((settings.DATA_DIR / "runs").iterdir()) == []


def test_a_cancel_between_claim_and_go_is_a_cancel_at_once(perform, monkeypatch):
    def cancel(*, claim, sha256):
        services.cancel_run(run=Run.objects.get(pk=claim.run.pk))

    interrupt(monkeypatch, services, "begin", before=cancel)

    run = perform("print('never')\n")

    assert (run.status, run.reason) == ("cancelled", "user")
    assert run.began_at is None
    assert list(logs.read_text(run.pk)) == []


def test_a_run_that_was_claimed_by_a_dead_worker_runs_in_another(hello, make_run):
    run = make_run()
    claim = services.claim_next(queue="default", worker="dead")
    folders_of(run).make()
    Run.objects.filter(pk=run.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert services.reap() == 1

    worker.look()

    run.refresh_from_db()
    assert (run.status, run.returns) == ("completed", 1), run.detail
    assert not services.renew(claim=claim)


def test_a_drain_before_the_go_gives_the_run_back(perform, monkeypatch, settings):
    settings.DRAIN_SECONDS = 0
    monkeypatch.setattr(state, "draining_s", lambda: None)

    def drain(*args, **kwargs):
        monkeypatch.setattr(state, "draining_s", lambda: 1.0)

    interrupt(monkeypatch, services, "claim_next", after=drain)
    monkeypatch.setattr(services, "begin", lambda **how: time.sleep(0.5) or True)

    run = perform("import time\ntime.sleep(60)\n")

    # Either it never got its go, or it was ended by the drain: never a user's cancel.
    assert run.reason in {"", "shutdown"}
    if run.reason == "":
        assert services.reap() == 1


def test_a_drain_kills_what_ignores_the_request_to_end(perform, monkeypatch, settings):
    settings.DRAIN_SECONDS = 0
    settings.GRACE_S = 30
    monkeypatch.setattr(worker, "SHUTDOWN_GRACE_S", 0.5)
    began = []

    def drain(**how):
        began.append(time.monotonic())
        monkeypatch.setattr(
            state, "draining_s", lambda: max(0.0, time.monotonic() - began[0] - 0.7)
        )

    interrupt(monkeypatch, services, "begin", after=drain)

    run = perform(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "time.sleep(60)\n"
    )

    assert (run.status, run.reason) == ("failed", "shutdown")


def test_a_database_that_is_away_for_a_moment_costs_no_script(
    perform, monkeypatch, settings
):
    settings.HEARTBEAT_S = 0.1
    monkeypatch.setattr(worker, "CANCEL_POLL_S", 0.1)
    failures = []

    def away(*args, **kwargs):
        if len(failures) < 6:
            failures.append(1)
            raise OperationalError("database is locked")

    interrupt(monkeypatch, services, "renew", before=away)
    interrupt(monkeypatch, services, "cancel_requested", before=away)
    interrupt(monkeypatch, logs.LogWriter, "_insert", before=away)

    run = perform(
        "import time\nfor n in range(20):\n    print(n)\n    time.sleep(0.1)\n"
    )

    assert len(failures) == 6
    assert run.status == "completed", run.detail
    text = "".join(logs.read_text(run.pk))
    assert text == "".join(f"{n}\n" for n in range(20))


def test_without_heartbeats_the_fence_ends_the_script(perform, monkeypatch, settings):
    settings.HEARTBEAT_S, settings.FENCE_S, settings.LEASE_S = 0.1, 1.0, 2.0

    def away(**how):
        raise OperationalError("no route to host")

    monkeypatch.setattr(services, "renew", away)

    run = perform("import time\ntime.sleep(60)\n")

    assert (run.status, run.reason) == ("failed", "lost")


def test_a_log_row_that_was_written_after_all_is_not_doubled(make_run, monkeypatch):
    run = make_run(status="running")
    writer = logs.LogWriter(run.pk, limit_bytes=2**20)
    honest = type(LogChunk.objects).bulk_create
    calls = []

    def arrive_and_fail(self, rows, **options):
        honest(self, rows, **options)
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("the connection broke after the commit")

    monkeypatch.setattr(type(LogChunk.objects), "bulk_create", arrive_and_fail)
    monkeypatch.setattr(log_writer, "FLUSH_S", 0)

    writer.write("stdout", b"once\n")
    writer.close()

    assert list(logs.read_text(run.pk)) == ["once\n"]


def test_what_a_log_cannot_hold_meanwhile_is_counted(make_run, monkeypatch):
    run = make_run(status="running")
    monkeypatch.setattr(log_writer, "FLUSH_S", 0)
    monkeypatch.setattr(log_writer, "AWAY_BYTES", 3000)
    monkeypatch.setattr(log_writer, "PENDING_BYTES", 2000)
    writer = logs.LogWriter(run.pk, limit_bytes=2**20)

    def away(*args, **kwargs):
        raise OperationalError("no route to host")

    with monkeypatch.context() as patch:
        patch.setattr(logs.LogWriter, "_insert", away)
        for number in range(200):
            writer.write("stdout", f"line {number:03}\n".encode() * 10)
    writer.close()

    text = "".join(logs.read_text(run.pk))
    kept = [line for line in text.split("\n") if line.startswith("line ")]
    cut = 200 * 10 * 9 - len(kept) * 9
    assert f"{cut} bytes cut out here, over the log limit, or while the" in text
    assert text.startswith("line 000\n" * 10)
    assert text.endswith("line 199\n" * 10)
    assert logs.summarize(run.pk).lines == 2000


def test_collecting_ends_when_the_run_is_no_longer_ours(make_run):
    run = make_run(status="running")
    place = folders_of(run)
    place.make()
    for name in "abc":
        (place.work / name).write_text(name)

    artifacts.collect(
        run, patterns=[], since=0, keep_on=lambda: not run.artifacts.exists()
    )

    assert list(run.artifacts.values_list("name", flat=True)) == ["a"]


@pytest.mark.parametrize("own", ["secret_key", "database.db", "database.db-wal"])
def test_the_hubs_own_files_are_never_artifacts(make_run, settings, own, monkeypatch):
    monkeypatch.setitem(
        settings.DATABASES["default"], "NAME", settings.DATA_DIR / "database.db"
    )
    run = make_run(status="running")
    place = folders_of(run)
    place.make()
    (settings.DATA_DIR / own).write_text("hidden")
    place.listed.write_text(f"{settings.DATA_DIR / own}\n/proc/self/environ\n")

    problems = artifacts.collect(run, patterns=[], since=0, keep_on=lambda: True)

    assert len(problems) == 2
    assert all("the hub's own or the system's" in problem for problem in problems)
    assert not run.artifacts.exists()


def test_a_claim_whose_lease_is_over_is_given_back_and_is_no_cancel(
    perform, monkeypatch
):
    def end_the_lease(*, claim, sha256):
        over = timezone.now() - timedelta(seconds=1)
        Run.objects.filter(pk=claim.run.pk).update(lease_until=over)

    interrupt(monkeypatch, services, "begin", before=end_the_lease)

    run = perform("print('never')\n")

    assert (run.status, run.reason, run.began_at) == ("running", "", None)
    assert services.reap() == 1
    run.refresh_from_db()
    assert run.status == "queued"


def test_the_end_of_a_log_and_an_artifact_wait_for_the_database(perform, monkeypatch):
    failures = []

    def away(*args, **kwargs):
        if len(failures) < 4:
            failures.append(1)
            raise OperationalError("database is locked")

    interrupt(monkeypatch, logs.LogWriter, "close", before=away)

    run = perform("print('to the end')\n")

    assert (run.status, len(failures)) == ("completed", 4)
    assert "".join(logs.read_text(run.pk)) == "to the end\n"


def test_an_artifact_that_fails_costs_no_line_of_the_log(perform, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("the storage is on fire")

    monkeypatch.setattr(artifacts, "collect", fail)

    run = perform("print('to the end')\n")

    text = "".join(logs.read_text(run.pk))
    assert text == "to the end\n[automation-hub: its artifacts could not be kept]\n"


def test_a_script_that_ignores_a_cancel_is_killed_soon(perform, monkeypatch, settings):
    settings.GRACE_S = 60
    monkeypatch.setattr(worker, "CANCEL_GRACE_S", 0.3)
    monkeypatch.setattr(worker, "CANCEL_POLL_S", 0.1)

    def cancel(*, claim):
        services.cancel_run(run=Run.objects.get(pk=claim.run.pk))

    interrupt(monkeypatch, services, "cancel_requested", before=cancel)

    run = perform(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "time.sleep(60)\n"
    )

    assert (run.status, run.reason) == ("cancelled", "user")


def test_a_list_of_artifacts_that_is_a_pipe_holds_nothing_up(perform):
    run = perform(
        "import os\nname = os.environ['HUB_ARTIFACTS']\n"
        "os.unlink(name)\nos.mkfifo(name)\n"
    )

    assert run.status == "completed"


def test_a_work_folder_that_became_a_link_is_not_followed(perform, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("secret")

    run = perform(
        "import os, shutil\nwork = os.getcwd()\nos.chdir('/')\nshutil.rmtree(work)\n"
        f"os.symlink({str(tmp_path / 'elsewhere')!r}, work)\n"
    )

    assert (run.status, run.artifacts.count()) == ("completed", 0)
    assert (tmp_path / "elsewhere" / "secret").exists()
