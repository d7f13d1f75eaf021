from __future__ import annotations

import contextlib
import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.executor.spec import Cause, Directive
from tests.unit.executor.helpers import child_pids, linux_only, open_fds

pytestmark = linux_only


def test_fifty_runs_leave_no_zombie_and_no_descriptor(run_sh):
    children, fds = child_pids(), open_fds()
    for n in range(50):
        assert run_sh(f"exit {n}").outcome.exit_code == n
    assert child_pids() == children
    assert open_fds() == fds


@pytest.mark.parametrize(
    "changes",
    [
        {"before_go": lambda: False},
        {"beat": lambda: Directive.ABANDON, "beat_s": 0.05},
        {"cwd": "/no/such"},
        {"env": {"A=B": ""}},
    ],
)
def test_a_run_that_goes_wrong_leaks_nothing(run_sh, changes, tmp_path):
    children, fds = child_pids(), open_fds()
    changes = changes | {"cwd": tmp_path / changes.get("cwd", "")}
    assert run_sh("sleep 600", **changes).outcome.cause is not Cause.EXITED
    assert child_pids() == children
    assert open_fds() == fds


@pytest.mark.parametrize("callback", ["before_go", "on_output", "beat", "tick"])
def test_a_callback_that_raises_leaks_nothing(run_sh, callback):
    def fail(*args):
        raise ZeroDivisionError

    children, fds = child_pids(), open_fds()
    with pytest.raises(ZeroDivisionError):
        run_sh("echo a; sleep 600", **{callback: fail}, beat_s=0.05)
    assert child_pids() == children
    assert open_fds() == fds


def pipes_of(pid: str) -> set[str]:
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        # The descriptor that lists the folder is gone by now.
        with contextlib.suppress(FileNotFoundError):
            found.add(str(path.readlink()))
    return {link for link in found if link.startswith("pipe:")}


def test_two_runs_at_once_do_not_hold_each_others_pipes(run_sh):
    held = []
    # Servers that other tests of this session use are children of this process too.
    others = set(child_pids())

    def look_in_the_middle():
        before = set(child_pids()) - others

        def look():
            (inner,) = set(child_pids()) - before - others
            (outer,) = before
            held.append(pipes_of(inner) & pipes_of(outer))
            return True

        return run_sh("exit 0", before_go=look).outcome.exit_code == 0

    assert run_sh("exit 3", before_go=look_in_the_middle).outcome.exit_code == 3
    # What they may share is the worker's own stderr.
    assert held == [pipes_of("self") & {str(Path("/proc/self/fd/2").readlink())}]


def report(run_sh, sender):
    sender.send(run_sh("echo hi; exit 4").outcome.exit_code)


def test_a_daemonic_child_process_can_run_scripts(run_sh):
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=report, args=(run_sh, sender), daemon=True)
    child.start()
    assert receiver.recv() == 4
    child.join()
    receiver.close()
    sender.close()


def test_runs_in_threads_do_not_disturb_each_other(run_sh):
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda n: run_sh(f"echo {n}; exit {n}"), range(8)))
    assert [result.outcome.exit_code for result in results] == list(range(8))
    assert [result.stdout for result in results] == [b"%d\n" % n for n in range(8)]
