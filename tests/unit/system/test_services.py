"""The children of `manage.py up`: how they are started, and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from apps.system import up
from apps.system.up import Service, child_environment, drain_s, launch
from tests.servers import wait_until

ROOT = Path(__file__).parents[3]


class Console:
    """Keeps what is said."""

    def __init__(self):
        self.reports = []

    def report(self, text):
        self.reports.append(text)

    def follow(self, name, stream):
        stream.close()


@pytest.fixture
def service():
    """Make a service of Python code; it ends with the test."""
    made = []

    def make(code, **options):
        argv = [sys.executable, "-c", code]
        made.append(
            Service("portal", argv, env=os.environ, console=Console(), **options)
        )
        return made[-1]

    yield make
    for one in made:
        if one.process:
            one.process.kill()
            one.process.wait()


def end_once(service):
    """Start it at once, whatever its pause, and wait until its end was noted."""
    service.due_at = 0
    service.tend()
    process = service.process
    wait_until(lambda: process.poll() is not None, timeout_s=10, what="it ended")
    service.tend()


def test_each_end_in_a_row_doubles_the_pause_up_to_30_seconds(service):
    failing = service("raise SystemExit(3)")
    for _ in range(7):
        end_once(failing)
    assert failing.console.reports[0] == (
        "The portal ended with exit status 3; starting it again in 1 s."
    )
    pauses = [int(report.split()[-2]) for report in failing.console.reports]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_it_is_not_started_before_its_pause_is_over(service):
    failing = service("raise SystemExit(3)")
    end_once(failing)
    failing.tend()
    assert failing.process is None


def test_whoever_ran_for_a_minute_starts_with_the_shortest_pause(service, monkeypatch):
    failing = service("raise SystemExit(3)")
    end_once(failing)
    monkeypatch.setattr(up, "STEADY_S", 0)
    end_once(failing)
    assert failing.console.reports[-1].endswith("in 1 s.")


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (40, "signal 40")])
def test_a_kill_is_named(service, number, name):
    killed = service(f"import os; os.kill(os.getpid(), {number})")
    end_once(killed)
    assert killed.console.reports == [
        f"The portal was killed by {name}; starting it again in 1 s."
    ]


def test_after_its_attempts_it_is_hopeless_unless_it_was_seen_at_work(service):
    failing = service("raise SystemExit(1)", attempts=2)
    end_once(failing)
    assert not failing.hopeless
    end_once(failing)
    assert failing.hopeless
    assert failing.console.reports[-1] == "The portal ended with exit status 1."
    failing.works()
    assert not failing.hopeless


def test_a_program_that_cannot_be_started_is_tried_again(service, monkeypatch):
    def refuse(*args, **options):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    refused = service("")
    refused.tend()
    [report] = refused.console.reports
    assert "could not be started: Resource temporarily unavailable; starting" in report


def test_a_child_leads_a_session_of_its_own(service):
    running = service("import time; time.sleep(60)")
    running.tend()
    assert os.getsid(running.process.pid) == running.process.pid


def test_a_child_dies_with_its_parent():
    code = (
        "import os, sys, time\n"
        "from apps.system.up import launch\n"
        "child = launch(['/bin/sleep', '60'], env=os.environ)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    )
    with parent:
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: child.name() == "sleep", timeout_s=10, what="it sleeps")
        parent.kill()
    wait_until(lambda: not child.is_running(), timeout_s=10, what="the child died")


def test_it_becomes_the_program_with_just_its_environment():
    child = launch(
        [sys.executable, "-c", "import os; print(os.environ)"], env={"A": "1"}
    )
    with child:
        assert b"{'A': '1'" in child.stdout.read()
    assert child.returncode == 0


def test_the_hub_is_open_to_loopback_and_drains_fast(monkeypatch):
    for name in ("ANONYMOUS_API", "DRAIN_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    env = child_environment()
    assert (env["ANONYMOUS_API"], env["DRAIN_SECONDS"]) == ("127.0.0.0/8,::1", "3")
    assert drain_s() == 3


def test_what_the_environment_sets_stays(monkeypatch, settings):
    monkeypatch.setenv("ANONYMOUS_API", "")
    monkeypatch.setenv("DRAIN_SECONDS_FILE", "/run/secrets/drain")
    settings.DRAIN_SECONDS = 20
    env = child_environment()
    assert env["ANONYMOUS_API"] == ""
    assert "DRAIN_SECONDS" not in env
    assert drain_s() == 20


def test_options_for_another_gunicorn_do_not_reach_ours(monkeypatch):
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--daemon")
    assert "GUNICORN_CMD_ARGS" not in child_environment()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_a_service_that_is_not_there_is_nothing(service, number):
    service("").signal(number)
