"""A build that fails, is cancelled or takes too long ends its run, and says why."""

from __future__ import annotations

import errno
import os
import time
import uuid
from pathlib import Path

import pytest
from django.utils import timezone

from apps.executor.envs.store import Store
from apps.runs import logs, services, state, worker
from apps.runs.building import Building
from apps.runs.models import LogChunk, Reason, Run, RunStatus
from tests.packages import FAILS, WAITS, block, make_source

pytestmark = pytest.mark.django_db

SOURCE = block("gamma") + "print('began')\n"
PRINTS = "import os\n\ndef wait():\n    raise SystemExit(repr(dict(os.environ)))\n"


@pytest.fixture(params=["uv", "pip"])
def builder(request, settings):
    settings.ENV_BUILDER = request.param


@pytest.fixture
def blocked(index, tmp_path, monkeypatch, settings):
    """Make `gamma` a package whose build waits; returns what calls a verb meanwhile."""
    settings.BUILD_TIMEOUT_S = 30
    told = tmp_path / "told"
    make_source(index, "gamma", WAITS.format(told=str(told), gate=str(tmp_path / "no")))
    honest = Building._tick

    def meanwhile(act) -> Path:
        acted = []

        def tick(self):
            if told.exists() and not acted:
                acted.append(act(self._run))
            return honest(self)

        monkeypatch.setattr(Building, "_tick", tick)
        return told

    return meanwhile


def cancel(run):
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now())
    return time.monotonic()


def is_alive(told: Path) -> bool:
    try:
        os.kill(int(told.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("builder")
def test_a_failed_build_fails_the_run_with_its_output(execute, index, envs):
    make_source(index, "gamma", FAILS)

    run, log = execute(SOURCE)

    assert (run.status, run.reason) == (RunStatus.FAILED, Reason.BUILD)
    assert "pip ended with exit code 1" in run.detail
    assert "no compiler here" in log
    assert "began" not in log
    assert run.began_at is None
    assert run.log_bytes > 0
    assert envs() == []


@pytest.mark.usefixtures("builder")
def test_a_package_that_nobody_has_is_named(execute):
    run, log = execute(block("nosuch>=1") + "print('began')\n")

    assert run.reason == Reason.BUILD
    assert "nosuch" in log


def test_a_failed_build_is_tried_again_by_the_next_run(execute, index):
    path = make_source(index, "gamma", FAILS)
    execute(SOURCE)
    path.unlink()
    make_source(index, "gamma", "def wait():\n    pass\n")

    run, log = execute(SOURCE)

    assert run.status == "completed", log


@pytest.mark.usefixtures("builder")
def test_a_cancel_ends_a_build_within_three_seconds(execute, blocked, envs):
    asked = []
    told = blocked(lambda run: asked.append(cancel(run)))

    run, log = execute(SOURCE)

    assert time.monotonic() - asked[0] < 3
    assert (run.status, run.reason) == (RunStatus.CANCELLED, Reason.USER)
    assert "Building the environment" in log
    assert not is_alive(told)


@pytest.mark.usefixtures("uv")
def test_a_build_that_takes_too_long_is_ended(execute, blocked, settings, envs):
    told = blocked(lambda run: None)
    settings.BUILD_TIMEOUT_S = 2

    run, _log = execute(SOURCE, timeout_s=3600)

    assert run.reason == Reason.BUILD
    assert "longer than 2 s (BUILD_TIMEOUT_S)" in run.detail
    assert not is_alive(told)
    assert envs() == []


@pytest.mark.usefixtures("uv")
def test_the_time_limit_of_the_run_begins_after_the_build(execute, settings, index):
    wait = "import time\n\ndef wait():\n    time.sleep(1.5)\n"
    make_source(index, "gamma", wait)

    run, log = execute(SOURCE, timeout_s=1)

    assert run.status == "completed", log


@pytest.mark.usefixtures("uv")
def test_a_worker_that_stops_gives_the_run_back(
    execute, blocked, settings, monkeypatch
):
    settings.DRAIN_SECONDS = 0
    told = blocked(lambda run: monkeypatch.setattr(state, "draining_s", lambda: 1.0))

    run, _log = execute(SOURCE)

    assert services.reap() == 1
    run.refresh_from_db()
    assert (run.status, run.returns, run.began_at) == (RunStatus.QUEUED, 1, None)
    assert not is_alive(told)


@pytest.mark.usefixtures("uv")
def test_a_run_that_was_given_back_goes_on_with_its_log(execute, blocked, tmp_path):
    blocked(lambda run: None)
    execute_once(execute, tmp_path)

    [run] = Run.objects.all()
    log = "".join(logs.read_text(run.pk))
    assert run.status == "completed", log
    assert log.count("Building the environment") == 2
    assert log.endswith("began\n")


def execute_once(execute, tmp_path):
    """Lose the run while it is built, as if its worker had died, and take it again."""
    honest = Building._tick

    def lose(self):
        if not (tmp_path / "told").exists() or self._run.returns:
            return honest(self)
        self._log.flush()
        (tmp_path / "no").touch()
        Run.objects.update(lease_until=timezone.now() - timezone.timedelta(minutes=1))
        assert services.reap() == 1
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Building, "_tick", lose)
        with pytest.raises(KeyboardInterrupt):
            execute(SOURCE)
        worker.look()


@pytest.mark.usefixtures("uv")
def test_the_build_of_a_run_that_somebody_else_took_is_killed(
    execute, blocked, settings
):
    settings.HEARTBEAT_S = 0.1
    told = blocked(
        lambda run: Run.objects.filter(pk=run.pk).move(
            RunStatus.FAILED, reason=Reason.LOST
        )
    )

    run, _log = execute(SOURCE)

    assert run.reason == Reason.LOST
    assert not is_alive(told)


@pytest.mark.usefixtures("uv")
def test_a_slot_that_overslept_its_lease_writes_nothing_more(
    execute, blocked, settings
):
    """Another one has the run, and its log, by now."""
    seen = []

    def oversleep(run):
        # Of a lease this long, more has passed than this host has been up.
        settings.LEASE_S = 1e10
        Run.objects.filter(pk=run.pk).update(claim_token=uuid.uuid4())
        seen.append(LogChunk.objects.filter(run=run).count())

    told = blocked(oversleep)

    run, _log = execute(SOURCE)

    assert seen == [LogChunk.objects.filter(run=run).count()]
    assert (run.status, run.began_at) == (RunStatus.RUNNING, None)
    assert not is_alive(told)


@pytest.mark.usefixtures("uv")
def test_the_lease_is_renewed_while_it_builds(execute, blocked, settings):
    settings.HEARTBEAT_S, settings.BUILD_TIMEOUT_S = 0.1, 3
    leases = []
    honest = services.renew

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            services, "renew", lambda **how: leases.append(1) or honest(**how)
        )
        blocked(lambda run: None)
        execute(SOURCE)

    assert len(leases) > 5


@pytest.mark.usefixtures("builder")
def test_a_build_knows_nothing_of_the_hubs_secrets(execute, index, monkeypatch):
    make_source(index, "gamma", PRINTS)
    for name in ("SECRET_KEY", "DATABASE_URL", "ANYTHING"):
        monkeypatch.setenv(name, "hidden-from-builds")

    _run, log = execute(SOURCE)

    assert "HUB_RUN_ID" in log
    assert "hidden-from-builds" not in log


@pytest.mark.usefixtures("builder")
def test_passwords_of_an_index_are_not_in_the_log(execute, monkeypatch):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://ann:hunter%2122@127.0.0.1:1/simple")

    run, log = execute(block("alpha>=7") + "pass\n")

    assert run.reason == Reason.BUILD
    assert "127.0.0.1:1" in log
    for text in (log, run.detail):
        assert "hunter" not in text


def test_a_python_that_is_not_there_is_named_beside_the_one_that_is(execute, settings):
    settings.ENV_BUILDER = "pip"

    run, _log = execute(block("alpha", python=">=3.99") + "pass\n")

    assert run.reason == Reason.BUILD
    assert "needs Python >=3.99 and the worker runs on 3." in run.detail


@pytest.mark.usefixtures("uv")
def test_uv_says_that_it_found_no_such_python(execute):
    run, log = execute(block(python=">=3.99") + "pass\n")

    assert run.reason == Reason.BUILD
    assert ">=3.99" in log


def test_a_builder_that_is_demanded_and_not_there_is_named(
    execute, settings, monkeypatch, tmp_path
):
    settings.ENV_BUILDER = "uv"
    monkeypatch.setenv("PATH", str(tmp_path))

    run, _log = execute(block("alpha") + "pass\n")

    assert run.reason == Reason.BUILD
    assert "there is no uv on the worker's PATH" in run.detail


@pytest.mark.usefixtures("uv")
def test_a_data_folder_that_takes_nothing_is_said(execute, settings):
    (settings.DATA_DIR / "envs").write_text("a file, where the folder should be")

    run, _log = execute(block("alpha") + "pass\n")

    assert run.reason == Reason.BUILD
    assert "the data folder does not take it" in run.detail


@pytest.mark.usefixtures("uv")
def test_a_disk_that_is_full_at_the_end_is_said(execute, envs, monkeypatch):
    """What was built by then is deleted: it takes the room that is missing."""

    def fill_up(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Store, "publish", fill_up)

    run, _log = execute(block("alpha") + "pass\n")

    assert run.reason == Reason.BUILD
    assert "No space left on device" in run.detail
    assert envs() == []
