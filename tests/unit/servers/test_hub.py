"""The hub that acceptance tests start: whole, apart from all else, and gone after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.environment import ROOT
from tests.servers import Hub
from tests.servers import hub as hub_module

SCRIPT = '#!/bin/sh\n# /// script\n# ///\necho "hello"; exec sleep 600\n'
# Starts a program that nobody waits for, and ends.
DETACH = """
import os, sys
if not os.fork():
    os.setsid()
    os.execv(sys.argv[1], sys.argv[1:])
"""
# Fails while a process of its hub has said something.
FAILING = """
from __future__ import annotations

def test_failing(make_hub):
    hub = make_hub()
    hub.spawn("speaker", ["/bin/echo", "words of the hub"]).wait(10)
    raise AssertionError
"""


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("broker", "database"), [("orm", "sqlite"), ("redis", "postgres")]
)
def test_a_hub_answers_and_stopped_leaves_no_process(make_hub, broker, database):
    hub = make_hub(broker=broker, database=database).start()
    hub.wait_for_workers()
    meta = hub.request("GET", "/health").json()
    assert meta["checks"]["broker"]["kind"] == (
        "redis" if broker == "redis" else "database"
    )
    assert len(hub.survivors()) > 4
    hub.stop()
    assert hub.survivors() == []
    assert [child.returncode for child in hub.children] == [0, 0], hub.logs()


def test_what_is_left_of_a_hub_is_found_and_ended_with_it():
    with Hub() as hub:
        path = hub.add_script("sub/slow.sh", SCRIPT)
        hub.spawn("starter", [sys.executable, "-c", DETACH, str(path)])
        left = hub.wait_for(hub.survivors)
    _, alive = psutil.wait_procs(left, timeout=5)
    assert alive == []
    assert not hub.folder.exists()


def test_what_does_not_end_is_killed_after_a_deadline(monkeypatch):
    monkeypatch.setattr(hub_module, "STOP_S", 0.2)
    code = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True)"
    with Hub() as hub:
        deaf = hub.spawn("deaf", [sys.executable, "-c", f"{code}; signal.pause()"])
        hub.wait_for(deaf.output)
        hub.stop()
        assert deaf.returncode == -signal.SIGKILL


def test_the_callers_environment_does_not_reach_it(monkeypatch):
    monkeypatch.setenv("DEBUG", "1")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings")
    with Hub(QUEUE="gpu") as hub:
        code = (
            "from django.conf import settings as s; print(s.DEBUG, s.QUEUE, s.DATA_DIR)"
        )
        done = hub.manage("shell", "--no-imports", "-c", code)
    assert done.stdout.split() == ["False", "gpu", str(hub.data_dir)]


def test_a_command_that_fails_shows_what_it_said():
    with (
        Hub() as hub,
        pytest.raises(AssertionError, match="Unknown command: 'nothing'"),
    ):
        hub.manage("nothing")


def test_a_failed_test_shows_what_its_hub_said(tmp_path):
    (tmp_path / "test_failing.py").write_text(FAILING)
    options = ["-c", "pyproject.toml", "--rootdir=.", "-p", "tests.servers.fixtures"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "speaker-1.log (exit code 0)\nwords of the hub\n" in done.stdout
