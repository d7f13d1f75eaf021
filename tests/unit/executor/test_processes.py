from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from apps.executor import processes
from tests.unit.executor.helpers import linux_only, state_of, wait_until

pytestmark = linux_only


@pytest.fixture
def session():
    """Start a Python text as the leader of a session; its pid."""
    started = []

    def session(text: str) -> int:
        argv = [sys.executable, "-c", text]
        started.append(subprocess.Popen(argv, start_new_session=True))
        return started[-1].pid

    yield session
    for process in started:
        process.kill()
        process.wait()


def test_a_zombie_is_no_member_of_its_session(session):
    leader = session("")
    wait_until(lambda: not processes.members_of_session(leader))
    os.kill(leader, 0)
    began = time.monotonic()
    assert processes.sweep_session(leader, 600) == []
    assert time.monotonic() - began < 60


HEADLESS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_program_without_its_first_thread_is_alive(session):
    leader = session(HEADLESS)
    wait_until(lambda: state_of(leader) == "Z")
    assert [member.pid for member in processes.members_of_session(leader)] == [leader]
    assert processes.sweep_session(leader, 20) == []


def test_members_include_what_moved_to_a_session_below(session):
    leader = session("import os, time; os.fork() or os.setsid(); time.sleep(600)")
    wait_until(lambda: len(processes.members_of_session(leader)) == 2)
    sessions = {member.session for member in processes.members_of_session(leader)}
    wait_until(lambda: len(processes.descendants(leader)) == 1)
    assert leader in sessions
    assert processes.sweep_session(leader, 20) == []


def test_a_process_may_be_named_like_the_fields_that_follow(tmp_path):
    program = tmp_path / "a) Z 1 1"
    program.symlink_to("/bin/sleep")
    child = subprocess.Popen([str(program), "600"])
    (found,) = (p for p in processes.descendants(os.getpid()) if p.pid == child.pid)
    assert (found.parent, found.alive) == (os.getpid(), True)
    child.send_signal(signal.SIGKILL)
    child.wait()


def test_what_may_not_be_killed_is_told(session):
    leader = session("import time; time.sleep(600)")
    assert processes.sweep_session(leader, -1) == [leader]
