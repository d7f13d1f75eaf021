from __future__ import annotations

import errno
import json
import multiprocessing
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from apps.executor import launcher_client, starter
from apps.executor.launcher import NUMBER_BYTES, REQUEST_FDS
from apps.executor.launcher_client import LauncherUnavailable, start_launcher
from apps.executor.spec import Cause, Directive
from tests.unit.executor.conftest import CALLER, ENV, ROOT
from tests.unit.executor.helpers import (
    has_pid,
    is_alive,
    linux_only,
    open_fds,
    parent_of,
    wait_until,
)

pytestmark = linux_only

LOOP = "while :; do sleep 600; done"
DAEMON = (
    "(env -i /usr/bin/setsid /bin/sh -c "
    f"'trap \"\" TERM; echo $$ > daemon; {LOOP}' &) ; "
    "while [ ! -s daemon ]; do sleep 0.01; done; "
)
STUBBORN = f"trap '' TERM; echo $$ > pid; {LOOP}"


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def assert_childless(launcher) -> None:
    # What was killed may be a zombie for a moment more.
    wait_until(lambda: not children_of(launcher.pid), "a child is left")


def supervisor_of(launcher) -> int:
    (pid,) = children_of(launcher.pid)
    return int(pid)


def when_there(path, action):
    """A tick that does `action` once, when the file says a pid."""
    todo = [action]

    def tick():
        return todo.pop()() if todo and has_pid(path) else None

    return tick


def test_a_run_is_a_grandchild_of_the_launcher(launcher, run_sh):
    parents = []

    def look():
        parents.append(parent_of(supervisor_of(launcher)))
        return True

    result = run_sh("echo hi; exit 3", before_go=look)
    assert (result.outcome.exit_code, result.stdout) == (3, b"hi\n")
    assert parents == [launcher.pid]


def test_many_runs_leave_no_zombie_and_no_descriptor(launcher, run_sh):
    run_sh("exit 0")
    fds = open_fds()
    # So few that one which stays with each run would be noticed.
    resource.prlimit(launcher.pid, resource.RLIMIT_NOFILE, (24, 24))
    for n in range(40):
        assert run_sh(f"exit {n}").outcome.exit_code == n
    assert open_fds() == fds
    assert_childless(launcher)


def report(run_sh, sender, number):
    for n in range(5):
        result = run_sh(f"echo {number}-{n}; exit {number}")
        sender.send((result.stdout, result.outcome.exit_code))


def test_processes_of_a_cluster_share_it_without_disturbing_each_other(
    launcher, run_sh
):
    context = multiprocessing.get_context("fork")
    callers = []
    for number in range(4):
        receiver, sender = context.Pipe(duplex=False)
        caller = context.Process(target=report, args=(run_sh, sender, number))
        caller.start()
        callers.append((number, caller, receiver, sender))
    for number, caller, receiver, sender in callers:
        answers = [receiver.recv() for _ in range(5)]
        assert answers == [(b"%d-%d\n" % (number, n), number) for n in range(5)]
        caller.join()
        receiver.close()
        sender.close()
    assert_childless(launcher)


def test_nothing_of_the_hubs_environment_is_in_it(monkeypatch, run_sh):
    monkeypatch.setenv("SECRET_KEY", "hush")
    launcher = start_launcher()
    try:
        assert Path(f"/proc/{launcher.pid}/environ").read_bytes() == b""
    except PermissionError:
        pass  # Not even its own user may look.
    finally:
        launcher.close()


def test_it_is_in_a_session_of_its_own(launcher):
    assert os.getsid(launcher.pid) == launcher.pid != os.getsid(0)


CLUSTER = """
import sys
from apps.executor.launcher_client import start_launcher
from apps.executor.starter import use_launcher

launcher = start_launcher()
print(launcher.pid, flush=True)
use_launcher(launcher)
"""

CLOSED = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
for fd in (0, 1, 2):
    os.close(fd)
"""


def test_a_cluster_without_standard_streams_can_have_one(tmp_path):
    argv = ["/bin/sh", "-c", "echo out > out; echo err >&2; exit 7"]
    fields = {"argv": argv, "cwd": str(tmp_path), "env": ENV, "timeout_s": 60}
    code = CLOSED + CLUSTER + CALLER + "launcher.close()\n"
    code = code.replace("print(launcher.pid, flush=True)", "")
    code = code.replace("print(json.dumps(fields), flush=True)", "")
    code = code.replace("os.write(2, block)", "seen.append(block)")
    code = f"seen = []\n{code}sys.exit(outcome.exit_code if seen == [b'err\\n'] else 1)"
    command = [sys.executable, "-c", code, json.dumps(fields)]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 7
    assert (tmp_path / "out").read_text() == "out\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_polite_signals_leave_it_to_its_cluster_when_to_end(launcher, run_sh, name):
    assert run_sh("exit 0").outcome.exit_code == 0
    os.kill(launcher.pid, getattr(signal, name))
    assert run_sh("exit 4").outcome.exit_code == 4
    assert launcher.is_alive()


def test_a_daemon_of_a_killed_supervisor_is_swept_before_the_run_ends(
    launcher, run_sh, tmp_path, pid_in
):
    def kill_supervisor():
        os.kill(supervisor_of(launcher), signal.SIGKILL)

    tick = when_there(tmp_path / "pid", kill_supervisor)
    outcome = run_sh(DAEMON + STUBBORN, tick=tick, grace_s=500).outcome
    assert not is_alive(int((tmp_path / "daemon").read_text()))
    assert not is_alive(pid_in("pid"))
    assert outcome.cause is Cause.LOST
    assert outcome.error == "Its supervisor was killed by signal 9."
    assert_childless(launcher)


def test_sweeping_after_one_supervisor_spares_the_others(
    launcher, start_forked, run_sh, tmp_path, pid_in
):
    other = start_forked(
        "echo $$ > pid; while [ ! -e go ]; do sleep 0.01; done; exit 6"
    )
    pid_in("pid")
    before = set(children_of(launcher.pid))

    def kill_newest():
        (newest,) = set(children_of(launcher.pid)) - before
        os.kill(int(newest), signal.SIGKILL)

    tick = when_there(tmp_path / "daemon", kill_newest)
    assert run_sh(DAEMON + LOOP, tick=tick).outcome.cause is Cause.LOST
    (tmp_path / "go").touch()
    assert other.recv() == 6


@pytest.fixture
def start_forked(run_sh):
    """Execute a shell text in a fork; its exit code comes through the pipe."""
    context = multiprocessing.get_context("fork")
    started = []

    def start_forked(text):
        receiver, sender = context.Pipe(duplex=False)

        def child():
            sender.send(run_sh(text).outcome.exit_code)

        process = context.Process(target=child)
        process.start()
        sender.close()
        started.append((process, receiver))
        return receiver

    yield start_forked
    for process, receiver in started:
        process.kill()
        process.join()
        receiver.close()


def test_a_killed_caller_takes_its_run_along_and_leaves_the_launcher(
    launcher, start_forked, run_sh, tmp_path, pid_in
):
    start_forked("echo $PPID > supervisor; " + DAEMON + STUBBORN)
    pids = [pid_in(name) for name in ("pid", "daemon", "supervisor")]
    (caller,) = multiprocessing.active_children()
    caller.kill()
    wait_until(lambda: not any(map(is_alive, pids)), "something outlived the caller")
    assert run_sh("exit 7").outcome.exit_code == 7
    assert_childless(launcher)


def test_a_killed_launcher_ends_its_runs_as_lost(launcher, run_sh, tmp_path, pid_in):
    def kill_launcher():
        os.kill(launcher.pid, signal.SIGKILL)

    tick = when_there(tmp_path / "pid", kill_launcher)
    outcome = run_sh(DAEMON + STUBBORN, tick=tick, grace_s=500).outcome
    assert not any(map(is_alive, [pid_in("pid"), pid_in("daemon")]))
    assert (outcome.cause, outcome.signal) == (Cause.LOST, 9)
    assert outcome.error == "The launcher died, so the supervisor killed the script."
    assert not launcher.is_alive()


def test_a_supervisor_and_its_launcher_killed_together_are_told_apart_from_one(
    launcher, run_sh, tmp_path, pid_in
):
    def kill_both():
        pids = [launcher.pid, supervisor_of(launcher)]
        os.kill(launcher.pid, signal.SIGSTOP)
        for pid in reversed(pids):
            os.kill(pid, signal.SIGKILL)

    tick = when_there(tmp_path / "pid", kill_both)
    outcome = run_sh(STUBBORN, tick=tick, grace_s=500).outcome
    assert not is_alive(pid_in("pid"))
    assert outcome.error == (
        "Its supervisor ended, and the launcher that knew how has died."
    )


def test_without_its_launcher_a_run_gets_a_fresh_interpreter(launcher, run_sh, caplog):
    os.kill(launcher.pid, signal.SIGKILL)
    wait_until(lambda: not launcher.is_alive())
    assert run_sh("exit 5").outcome.exit_code == 5
    assert "The launcher takes no requests" in caplog.text
    assert "For 30 s, supervisors are fresh interpreters." in caplog.text


@pytest.fixture
def frozen(launcher, run_sh, monkeypatch):
    """A launcher that stopped after its first run; it wakes up by SIGCONT."""
    assert who_starts(run_sh) == launcher.pid
    os.kill(launcher.pid, signal.SIGSTOP)
    # Only now: one that starts late on a busy machine would be avoided for long.
    monkeypatch.setattr(launcher_client, "ANSWER_S", 0.2)
    yield launcher
    os.kill(launcher.pid, signal.SIGCONT)


def who_starts(run_sh) -> int:
    """The parent of a run's supervisor."""
    result = run_sh("cut -d' ' -f4 /proc/$PPID/stat")
    assert result.outcome.exit_code == 0
    return int(result.stdout)


def test_a_frozen_launcher_costs_one_run_its_patience_and_the_next_ones_none(
    frozen, run_sh, caplog
):
    for code in (5, 6, 7):
        assert run_sh(f"exit {code}").outcome.exit_code == code
    assert caplog.text.count("The launcher did not answer.") == 1


def test_a_frozen_launcher_is_asked_again_after_a_while(
    frozen, run_sh, monkeypatch, caplog
):
    monkeypatch.setattr(starter, "AVOID_S", 0)
    assert [who_starts(run_sh) for _ in range(2)] == [os.getpid()] * 2
    assert caplog.text.count("The launcher did not answer.") == 2

    os.kill(frozen.pid, signal.SIGCONT)

    wait_until(lambda: who_starts(run_sh) == frozen.pid, "it is never used again")


def test_a_new_one_is_not_avoided_for_what_the_last_did(frozen, run_sh, monkeypatch):
    assert who_starts(run_sh) == os.getpid()
    monkeypatch.setattr(launcher_client, "ANSWER_S", 20.0)
    second = start_launcher()
    try:
        starter.use_launcher(second)
        assert who_starts(run_sh) == second.pid
    finally:
        second.close()


def test_a_launcher_that_wakes_up_starts_nothing_that_was_asked_for_meanwhile(
    frozen, run_sh, tmp_path, monkeypatch
):
    monkeypatch.setattr(starter, "AVOID_S", 0)
    for _ in range(3):
        assert run_sh("echo once >> ran").outcome.exit_code == 0
    fds = open_fds()

    os.kill(frozen.pid, signal.SIGCONT)

    wait_until(lambda: who_starts(run_sh) == frozen.pid, "it is never used again")
    assert_childless(frozen)
    assert (tmp_path / "ran").read_text() == "once\n" * 3
    assert open_fds() == fds


def test_a_frozen_supervisor_is_killed_through_the_launcher(
    launcher, run_sh, tmp_path, pid_in, monkeypatch
):
    def freeze_and_stop():
        monkeypatch.setattr("apps.executor.run.PATIENCE_S", 1.0)
        os.kill(supervisor_of(launcher), signal.SIGSTOP)
        return Directive.STOP

    tick = when_there(tmp_path / "pid", freeze_and_stop)
    outcome = run_sh(DAEMON + STUBBORN, tick=tick, grace_s=0.1).outcome
    assert outcome.error == "Its supervisor did not answer and was killed."
    assert not any(map(is_alive, [pid_in("pid"), pid_in("daemon")]))


def test_it_dies_with_the_process_that_started_it(tmp_path, pid_in):
    fields = {"argv": ["/bin/sh", "-c", DAEMON + STUBBORN], "cwd": str(tmp_path)}
    fields |= {"env": ENV, "timeout_s": 500, "fence_s": 500}
    cluster = subprocess.Popen(
        [sys.executable, "-c", CLUSTER + CALLER, json.dumps(fields)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    pids = [int(cluster.stdout.readline()), pid_in("pid"), pid_in("daemon")]
    cluster.kill()
    cluster.communicate()
    wait_until(lambda: not any(map(is_alive, pids)), "something outlived the cluster")


def ask(launcher, word: bytes, fds: list[int]) -> int:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        socket.send_fds(launcher._requests, [word], [theirs.fileno(), *fds])
        return int.from_bytes(ours.recv(NUMBER_BYTES), "big", signed=True)


@pytest.mark.parametrize(
    ("word", "count", "error"),
    [(b"warm", REQUEST_FDS - 1, "EINVAL"), (b"supervisor", 2, "EMFILE")],
)
def test_a_request_that_it_cannot_serve_is_answered_with_an_errno(
    launcher, run_sh, word, count, error
):
    assert ask(launcher, word, [0] * count) == -getattr(errno, error)
    assert run_sh("exit 8").outcome.exit_code == 8


def test_a_launcher_that_cannot_fork_says_why(launcher, run_sh):
    assert run_sh("exit 0").outcome.exit_code == 0
    resource.prlimit(launcher.pid, resource.RLIMIT_NOFILE, (9, 9))
    outcome = run_sh("exit 0").outcome
    assert (outcome.cause, outcome.began) == (Cause.SPAWN_FAILED, False)
    assert "could not be started" in outcome.error


def test_asking_a_closed_launcher_says_that_it_is_not_there():
    launcher = start_launcher()
    os.kill(launcher.pid, signal.SIGKILL)
    wait_until(lambda: not launcher.is_alive())
    with pytest.raises(LauncherUnavailable, match="takes no requests"):
        launcher.fork_supervisor([0, 1, 1, 1]).expect()
    launcher.close()
