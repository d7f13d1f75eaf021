"""Child processes of tests: waiting for them, ending them whole."""

from __future__ import annotations

import os
import pwd
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.servers import Child, free_port, wait_until
from tests.servers.process import is_zombie

# Ignores SIGTERM and has a child of its own that does too.
STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
if child:
    print(child, flush=True)
while True:
    time.sleep(60)
"""


@pytest.fixture
def start(tmp_path):
    """Return a function that starts Python code as a child; all end with the test."""
    children = []

    def run(code: str, **options) -> Child:
        child = Child(
            [sys.executable, "-c", code],
            log=tmp_path / f"{len(children)}.log",
            env={"GREETING": "hello"},
            cwd=tmp_path,
            **options,
        )
        children.append(child)
        return child

    yield run
    for child in children:
        child.stop(signal.SIGKILL, timeout_s=5)


def test_it_has_only_the_environment_that_it_was_given(start):
    child = start("import os; print(sorted(os.environ), os.environ['GREETING'])")
    assert child.wait(10) == 0
    assert "'HOME'" not in child.output()
    assert "hello" in child.output()


def test_it_leads_a_session_of_its_own(start):
    child = start("import os, time; print(os.getsid(0), flush=True); time.sleep(60)")
    wait_until(child.output, timeout_s=10, what="the child spoke")
    assert int(child.output()) == child.pid


def test_a_kind_end_is_its_own_exit_code(start):
    child = start(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    wait_until(child.output, timeout_s=10, what="the child was ready")
    assert child.stop(timeout_s=10) == 7


def test_what_does_not_end_is_killed_with_its_children(start):
    child = start(STUBBORN)
    grandchild = psutil.Process(
        int(wait_until(child.output, timeout_s=10, what="the child spoke"))
    )
    assert child.stop(timeout_s=0.2) == -signal.SIGKILL
    wait_until(lambda: is_zombie(grandchild), timeout_s=5, what="the rest died")


def test_a_wait_that_is_in_vain_says_for_what(start):
    child = start("import time; time.sleep(60)")
    with pytest.raises(TimeoutError, match=r"Waited 0\.1 s, and still not: .* ended"):
        child.wait(0.1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_root_may_start_it_as_somebody_else_without_its_own_groups(start):
    child = start("import time; time.sleep(60)", user="nobody")
    nobody = pwd.getpwnam("nobody").pw_uid
    process = psutil.Process(child.pid)
    wait_until(
        lambda: process.uids().real == nobody, timeout_s=10, what="it changed its user"
    )
    status = Path(f"/proc/{child.pid}/status").read_text()
    assert "Groups:\t \n" in status


def test_a_free_port_is_one_on_which_nothing_listens():
    assert len({free_port() for _ in range(20)}) > 10
