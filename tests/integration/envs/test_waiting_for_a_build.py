"""Of several runs that need one environment, one builds and the others wait."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from apps.runs import environments, services, state
from apps.runs.building import Building
from apps.runs.models import Reason, Run, RunStatus
from apps.scripts.models import Script
from apps.scripts.services import wanted_environment
from tests.packages import block

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uv")]

SOURCE = block("alpha") + "import alpha\nprint(alpha.WHO)\n"
OTHER = "0190a0a0-0000-7000-8000-000000000000"


@pytest.fixture
def held(add_script, monkeypatch):
    """Build as another run, and call something once somebody waits for that."""
    add_script("case.py", SOURCE)
    key = wanted_environment(script=Script.objects.get(name="case.py")).key
    lock = environments.store().try_lock(key)
    lock.write(OTHER)
    honest = Building._note

    def when_waited_for(act):
        def note(self, text):
            honest(self, text)
            if text.startswith("Waiting"):
                act(lock)

        monkeypatch.setattr(Building, "_note", note)

    yield when_waited_for
    lock.close()


def cancel():
    Run.objects.update(cancel_requested_at=timezone.now())


def test_who_waits_says_for_whom_and_goes_on(execute, held):
    held(lambda lock: lock.close())

    run, log = execute(SOURCE)

    assert log.splitlines()[0] == (
        f"[automation-hub: Waiting for the environment that run {OTHER} builds]"
    )
    assert (run.status, log.splitlines()[-1]) == ("completed", "alpha 1.0")


def test_who_waited_for_a_build_does_not_build(execute, envs, held, settings):
    """What the other one made is hidden until somebody waits."""
    held(lambda lock: lock.close())
    execute(SOURCE)
    [ready] = (settings.DATA_DIR / "envs").glob("*/ready.json")
    hidden = ready.rename(ready.with_name("hidden"))
    lock = environments.store().try_lock(ready.parent.name)

    def finish(_lock):
        hidden.rename(ready)
        lock.close()

    held(finish)

    run, log = execute(SOURCE)

    assert run.status == "completed"
    assert "Building" not in log
    assert len(envs()) == 1


def test_who_waits_can_be_cancelled(execute, held):
    asked = []
    held(lambda lock: asked.append(time.monotonic()) or cancel())

    run, _log = execute(SOURCE)

    assert time.monotonic() - asked[0] < 3
    assert (run.status, run.reason) == (RunStatus.CANCELLED, Reason.USER)


def test_who_waits_does_not_wait_for_ever(execute, held, settings):
    settings.BUILD_TIMEOUT_S = 0.5
    held(lambda lock: None)

    run, _log = execute(SOURCE)

    assert run.reason == Reason.BUILD
    assert f"run {OTHER} had it for more than 0.5 s" in run.detail


def test_who_waits_keeps_its_lease_and_says_that_it_is_well(
    execute, held, settings, monkeypatch
):
    settings.HEARTBEAT_S, settings.BUILD_TIMEOUT_S = 0.1, 0.5
    held(lambda lock: None)
    calls = []
    monkeypatch.setattr(
        services, "renew", lambda **how: calls.append("lease") or bool(how)
    )
    monkeypatch.setattr(state, "beat", lambda *args: calls.append("beat"))

    execute(SOURCE)

    assert calls.count("lease") > 5
    assert calls.count("beat") > 5


def test_who_waits_for_longer_than_its_lease_holds_lets_go(
    execute, held, settings, monkeypatch
):
    """As when the database is away, or the slot was frozen for a while."""
    settings.LEASE_S = 1
    held(lambda lock: None)
    monkeypatch.setattr("apps.runs.worker.Execution._still_ours", lambda self: True)

    run, _log = execute(SOURCE)

    assert run.began_at is None
    assert run.status == RunStatus.RUNNING
    assert services.reap() == 1
