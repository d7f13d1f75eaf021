from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.executor import run as run_module
from apps.executor.processes import members_of_session
from apps.executor.spec import Cause, Directive
from tests.unit.executor.helpers import (
    has_pid,
    is_alive,
    linux_only,
    parent_of,
    wait_until,
)

pytestmark = linux_only

STUBBORN = "trap '' TERM; echo $$ > pid; while :; do sleep 600; done"
CHILD = "sh -c 'trap \"\" TERM; echo $$ > child; while :; do sleep 600; done' & "
DAEMON = (
    "(env -i /usr/bin/setsid /bin/sh -c "
    "'trap \"\" TERM; echo $$ > daemon; while :; do sleep 600; done' &) ; "
)


def once(tmp_path, action, *names):
    """A tick that does `action` to the script's pid, once the named say theirs too."""
    todo = [action]

    def tick():
        if todo and all(has_pid(tmp_path / name) for name in ("pid", *names)):
            return todo.pop()(int((tmp_path / "pid").read_text()))
        return None

    return tick


def send_to_parent(number):
    return lambda pid: os.kill(parent_of(pid), number)


def test_a_killed_supervisor_takes_the_script_and_its_group_along(
    run_sh, tmp_path, pid_in
):
    tick = once(tmp_path, send_to_parent(signal.SIGKILL), "child")
    outcome = run_sh(CHILD + STUBBORN, tick=tick, grace_s=500).outcome
    assert (outcome.cause, outcome.began) == (Cause.LOST, True)
    assert outcome.error == "Its supervisor was killed by signal 9."
    assert outcome.started_at < outcome.finished_at
    assert outcome.exit_code is None
    assert not any(map(is_alive, (pid_in("pid"), pid_in("child"))))


def test_what_a_script_printed_before_its_supervisor_died_is_kept(run_sh, tmp_path):
    tick = once(tmp_path, send_to_parent(signal.SIGKILL))
    result = run_sh("echo $PPID; " + STUBBORN, tick=tick)
    assert result.outcome.cause is Cause.LOST
    assert result.stdout.strip().isdigit()


def test_a_supervisor_killed_before_go_means_that_nothing_began(run, tmp_path):
    def kill_supervisor():
        children = Path("/proc/thread-self/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGKILL)
        wait_until(lambda: not is_alive(int(children[-1])))
        return True

    outcome = run("/bin/touch", "ran", before_go=kill_supervisor).outcome
    assert (outcome.cause, outcome.began) == (Cause.SPAWN_FAILED, False)
    assert outcome.error == "Its supervisor was killed by signal 9."
    assert not (tmp_path / "ran").exists()


def test_sigterm_to_the_supervisor_is_a_polite_stop(run_sh, tmp_path):
    text = "trap 'exit 3' TERM; echo $$ > pid; while :; do sleep 0.05; done"
    tick = once(tmp_path, send_to_parent(signal.SIGTERM))
    outcome = run_sh(text, tick=tick).outcome
    assert (outcome.cause, outcome.exit_code) == (Cause.STOPPED, 3)


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1"])
def test_other_signals_to_the_supervisor_change_nothing(run_sh, tmp_path, name):
    def tell(pid):
        send_to_parent(getattr(signal, name))(pid)
        (tmp_path / "told").touch()

    text = "echo $$ > pid; while [ ! -e told ]; do sleep 0.01; done; exit 5"
    assert run_sh(text, tick=once(tmp_path, tell)).outcome.exit_code == 5


def test_a_frozen_supervisor_does_not_hold_the_worker(
    run_sh, tmp_path, pid_in, monkeypatch
):
    def freeze_and_stop(pid):
        monkeypatch.setattr(run_module, "PATIENCE_S", 1.0)
        send_to_parent(signal.SIGSTOP)(pid)
        return Directive.STOP

    tick = once(tmp_path, freeze_and_stop)
    outcome = run_sh(STUBBORN, tick=tick, grace_s=0.1).outcome
    assert outcome.cause is Cause.LOST
    assert outcome.error == "Its supervisor did not answer and was killed."
    assert not is_alive(pid_in())


def test_a_frozen_supervisor_does_not_hold_an_error_back(
    run_sh, tmp_path, pid_in, monkeypatch
):
    def freeze_and_fail(pid):
        monkeypatch.setattr(run_module, "PATIENCE_S", 1.0)
        send_to_parent(signal.SIGSTOP)(pid)
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="the database is gone"):
        run_sh(STUBBORN, tick=once(tmp_path, freeze_and_fail))
    assert not is_alive(pid_in())


def test_a_script_that_kills_its_supervisor_is_lost(run_sh):
    assert run_sh("kill -9 $PPID; sleep 600").outcome.cause is Cause.LOST


def test_a_killed_caller_takes_everything_along(start_caller, pid_in):
    script = ("/bin/sh", "-c", DAEMON + CHILD + STUBBORN)
    caller = start_caller(*script, grace_s=500, fence_s=500)
    pids = [pid_in("pid"), pid_in("child"), pid_in("daemon")]
    pids.append(parent_of(pids[0]))
    caller.kill()
    wait_until(lambda: not any(map(is_alive, pids)), "something outlived the caller")


def test_a_script_dies_with_its_supervisor_while_the_caller_is_frozen(
    start_caller, pid_in
):
    caller = start_caller("/bin/sh", "-c", STUBBORN, fence_s=500)
    pid = pid_in()
    os.kill(caller.pid, signal.SIGSTOP)
    os.kill(parent_of(pid), signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), "the script outlived its supervisor")
    os.kill(caller.pid, signal.SIGCONT)
    assert json.loads(caller.communicate(timeout=20)[0])["cause"] == "lost"
    assert members_of_session(pid) == []


def test_a_frozen_caller_is_fenced(start_caller, pid_in):
    caller = start_caller(
        "/bin/sh", "-c", DAEMON + STUBBORN, fence_s=2, beat_s=0.2, grace_s=500
    )
    pids = [pid_in("pid"), pid_in("daemon")]
    os.kill(caller.pid, signal.SIGSTOP)
    wait_until(lambda: not any(map(is_alive, pids)), "the fence did not close")
    os.kill(caller.pid, signal.SIGCONT)
    outcome = json.loads(caller.communicate(timeout=20)[0])
    assert (outcome["cause"], outcome["signal"]) == ("lost", 9)
    assert outcome["error"].startswith("The worker stood still for more than 2 s")


def test_a_timeout_holds_while_the_caller_is_frozen(start_caller, pid_in):
    caller = start_caller("/bin/sh", "-c", STUBBORN, timeout_s=2, grace_s=0.1)
    pid = pid_in()
    os.kill(caller.pid, signal.SIGSTOP)
    wait_until(lambda: not is_alive(pid), "the timeout did not come")
    os.kill(caller.pid, signal.SIGCONT)
    assert json.loads(caller.communicate(timeout=20)[0])["cause"] == "timeout"


def test_a_signal_to_the_callers_group_does_not_reach_the_script(start_caller, pid_in):
    text = "echo $$ > pid; while [ ! -e go ]; do sleep 0.01; done; touch ended"
    caller = start_caller("/bin/sh", "-c", text)
    pid = pid_in()
    groups = {os.getpgid(caller.pid), os.getpgid(parent_of(pid)), os.getpgid(pid)}
    sessions = {os.getsid(caller.pid), os.getsid(parent_of(pid)), os.getsid(pid)}
    assert len(groups) == len(sessions) == 3


NOT_PYTHON = """
import sys
from pathlib import Path
sys.executable = "/bin/false"
from tests.unit.executor.conftest import CALLER
exec(CALLER)
"""


def test_a_supervisor_that_cannot_start_is_told_with_its_exit_code(make_spec):
    fields = {"argv": ["/bin/true"], "cwd": "/", "env": {}, "timeout_s": 5}
    done = subprocess.run(
        [sys.executable, "-c", NOT_PYTHON, json.dumps(fields)],
        capture_output=True,
        check=True,
    )
    outcome = json.loads(done.stdout)
    assert (outcome["cause"], outcome["began"]) == ("spawn_failed", False)
    assert outcome["error"] == "Its supervisor exited with code 1 before its time."


def test_stale_food_does_not_open_the_fence_again(start_caller, pid_in):
    caller = start_caller("/bin/sh", "-c", STUBBORN, fence_s=1, beat_s=0.1)
    pid = pid_in()
    supervisor = parent_of(pid)
    os.kill(supervisor, signal.SIGSTOP)
    time.sleep(1.2)
    os.kill(supervisor, signal.SIGCONT)
    assert json.loads(caller.communicate(timeout=20)[0])["cause"] == "lost"
