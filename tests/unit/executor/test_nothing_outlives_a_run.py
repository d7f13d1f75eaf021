from __future__ import annotations

import time

import pytest

from apps.executor.spec import Cause, Directive
from tests.unit.executor.helpers import is_alive, linux_only, state_of

pytestmark = pytest.mark.usefixtures("either_way")

WRITE_PID = "echo $$ > {0}.new; mv {0}.new {0}; "
AWAIT_PIDS = "while [ ! -e pid ]; do sleep 0.01; done; "
IGNORE_TERM = "trap '' TERM; "
FOR_EVER = "while :; do sleep 600; done"

# Its environment, session, group and parent are all its own.
DAEMON = "(env -i /usr/bin/setsid /bin/sh -c '{} exec sleep 600' &) ; "


def stubborn_daemon() -> str:
    text = 'trap "" TERM; ' + WRITE_PID.format("pid") + "while :; do sleep 600; done"
    return f"(env -i /usr/bin/setsid /bin/sh -c '{text}' &) ; " + AWAIT_PIDS


def test_a_timeout_ends_the_whole_group(run_sh, pid_in):
    child = f"sh -c '{WRITE_PID.format('pid')} {FOR_EVER}' & "
    outcome = run_sh(child + AWAIT_PIDS + FOR_EVER, timeout_s=1, grace_s=500).outcome
    assert (outcome.cause, outcome.signal) == (Cause.TIMEOUT, 15)
    assert not is_alive(pid_in())


def test_a_timeout_that_is_taken_politely_keeps_the_exit_code(run_sh):
    text = "trap 'echo cleaned; exit 7' TERM; while :; do sleep 0.05; done"
    result = run_sh(text, timeout_s=1)
    assert result.outcome.cause is Cause.TIMEOUT
    assert (result.outcome.exit_code, result.stdout) == (7, b"cleaned\n")


def test_what_ignores_sigterm_is_killed_after_the_grace(run_sh):
    began = time.monotonic()
    outcome = run_sh(IGNORE_TERM + FOR_EVER, timeout_s=0.7, grace_s=0.5).outcome
    assert time.monotonic() - began >= 1.2
    assert (outcome.cause, outcome.signal) == (Cause.TIMEOUT, 9)


def test_a_grace_is_not_waited_out_when_all_is_gone(run_sh):
    began = time.monotonic()
    outcome = run_sh(FOR_EVER, timeout_s=0.2, grace_s=500).outcome
    assert outcome.signal == 15
    assert time.monotonic() - began < 100


def test_cleaning_up_after_sigterm_is_not_disturbed_by_a_second_one(run_sh):
    text = "trap 'sleep 0.5; echo cleaned; exit 0' TERM; while :; do sleep 0.05; done"
    result = run_sh(text, timeout_s=1)
    assert (result.outcome.exit_code, result.stdout) == (0, b"cleaned\n")


def test_a_stopped_script_is_woken_to_end_politely(run_sh):
    text = "trap 'echo bye; exit 3' TERM; kill -STOP $$; " + FOR_EVER
    result = run_sh(text, timeout_s=1)
    assert (result.outcome.exit_code, result.stdout) == (3, b"bye\n")


def test_a_script_that_ends_leaves_no_background_process(run_sh, pid_in):
    child = f"sh -c '{WRITE_PID.format('pid')} exec sleep 600' & "
    outcome = run_sh(child + AWAIT_PIDS + "exit 6").outcome
    assert (outcome.cause, outcome.exit_code) == (Cause.EXITED, 6)
    assert not is_alive(pid_in())


def test_a_background_process_that_holds_stdout_does_not_hold_the_run(run_sh):
    began = time.monotonic()
    assert run_sh("sleep 600 & echo done").stdout == b"done\n"
    assert time.monotonic() - began < 100


@linux_only
def test_what_a_script_left_behind_gets_a_short_grace_only(run_sh, pid_in):
    began = time.monotonic()
    outcome = run_sh(stubborn_daemon(), grace_s=600).outcome
    assert (outcome.cause, outcome.exit_code) == (Cause.EXITED, 0)
    assert time.monotonic() - began < 100
    assert not is_alive(pid_in())


@linux_only
def test_a_daemon_does_not_outlive_a_script_that_ended(run_sh, pid_in):
    text = DAEMON.format(WRITE_PID.format("pid")) + AWAIT_PIDS
    assert run_sh(text).outcome.exit_code == 0
    assert not is_alive(pid_in())


@linux_only
def test_a_stubborn_daemon_does_not_outlive_a_stop(run_sh, pid_in, tmp_path):
    def tick():
        return Directive.STOP if (tmp_path / "pid").exists() else None

    outcome = run_sh(stubborn_daemon() + FOR_EVER, tick=tick, grace_s=0.2).outcome
    assert outcome.cause is Cause.STOPPED
    assert not is_alive(pid_in())


HOPPER = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end = time.monotonic() + 60
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
    {own_session}
open("survived", "w").close()
"""


@linux_only
@pytest.mark.parametrize("own_session", ["pass", "os.setsid()"])
def test_what_hops_from_pid_to_pid_is_caught(run_python, tmp_path, own_session):
    began = time.monotonic()
    outcome = run_python(HOPPER.format(own_session=own_session), grace_s=0.1).outcome
    assert outcome.exit_code == 0
    assert time.monotonic() - began < 30
    assert not (tmp_path / "survived").exists()


BOMB = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(7):
    os.fork()
with open("pids", "a") as file:
    file.write(f"{os.getpid()}\\n")
time.sleep(600)
"""


@linux_only
def test_a_hundred_forks_that_ignore_sigterm_are_all_killed(run_python, tmp_path):
    def tick():
        lines = path.read_text().splitlines() if path.exists() else []
        return Directive.STOP if len(lines) == 128 else None

    path = tmp_path / "pids"
    outcome = run_python(BOMB, tick=tick, grace_s=0.1).outcome
    assert outcome.cause is Cause.STOPPED
    assert not any(is_alive(int(pid)) for pid in path.read_text().split())


PHOENIX = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def watched():
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        os.close(writer)
        return reader
    os.close(reader)
    time.sleep(600)
end = time.monotonic() + 60
while time.monotonic() < end:
    os.read(watched(), 1)
"""


@linux_only
def test_what_is_born_again_when_its_parent_dies_is_caught(run_python):
    began = time.monotonic()
    outcome = run_python(PHOENIX, timeout_s=0.5, grace_s=0.1).outcome
    assert outcome.cause is Cause.TIMEOUT
    assert time.monotonic() - began < 30


@linux_only
def test_a_program_whose_first_thread_has_ended_is_killed(run_python, pid_in, tmp_path):
    def tick():
        found = (tmp_path / "pid").exists() and state_of(pid_in()) == "Z"
        return Directive.STOP if found else None

    text = (
        "import ctypes, os, threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        "print(os.getpid(), file=open('pid', 'w'), flush=True)\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    outcome = run_python(text, tick=tick, grace_s=0.2).outcome
    assert outcome.cause is Cause.STOPPED
    assert state_of(pid_in()) == ""
