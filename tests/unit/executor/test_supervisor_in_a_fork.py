from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import pytest

from apps.executor import protocol, supervisor
from apps.executor.job import encode_spec
from tests.unit.executor.helpers import is_alive, linux_only, wait_until

pytestmark = linux_only


@pytest.fixture
def forked(make_spec):
    """A supervisor forked from this process, as a launcher would, with its job."""
    fds = [*os.pipe(), *os.pipe(), *os.pipe()]
    control_r, control_w, status_r, status_w, output_r, output_w = fds

    def fork(*argv, **changes):
        job = encode_spec(make_spec(*argv, **changes))
        pid = os.fork()
        if pid == 0:
            supervisor.main(control_r, status_w, output_w, os.dup(output_w))
        for fd in (control_r, status_w, output_w):
            os.close(fd)
        os.write(control_w, job)
        return pid, control_w, os.fdopen(status_r, "rb", closefd=False), output_r

    yield fork
    for fd in (control_w, status_r, output_r):
        os.close(fd)


def test_it_supervises_as_a_fresh_interpreter_does(forked):
    pid, control, status, output = forked("/bin/sh", "-c", "echo hi; exit 3")
    assert json.loads(status.readline()) == {"event": "ready"}
    os.write(control, protocol.GO)
    events = [json.loads(line) for line in status]
    assert [event["event"] for event in events] == ["forked", "started", "end"]
    assert (events[-1]["cause"], events[-1]["code"]) == ("", 3)
    assert os.read(output, 100) == b"hi\n"
    assert os.waitpid(pid, 0) == (pid, 0)


def test_it_is_not_in_the_session_of_its_parent(forked):
    pid, control, status, _ = forked("/bin/true")
    status.readline()
    assert os.getsid(pid) == pid != os.getsid(0)
    assert str(Path(f"/proc/{pid}/cwd").readlink()) == "/"
    os.write(control, protocol.KILL)
    assert json.loads(status.readline())["cause"] == "abandoned"
    os.waitpid(pid, 0)


def test_it_starts_nothing_when_its_worker_is_gone(forked, tmp_path):
    pid, control, status, _ = forked("/bin/touch", str(tmp_path / "ran"))
    status.readline()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, control)
    os.close(null)
    assert os.waitpid(pid, 0) == (pid, 0)
    assert not (tmp_path / "ran").exists()


def test_orders_in_one_go_are_obeyed_in_their_order(forked, tmp_path):
    pid, control, status, _ = forked("/bin/sleep", "600")
    food = protocol.feed(time.monotonic() + 60)
    os.write(control, food + protocol.GO + food + protocol.STOP)
    end = json.loads(list(status)[-1])
    assert (end["cause"], end["code"]) == ("stopped", -signal.SIGTERM)
    os.waitpid(pid, 0)


def test_more_stops_neither_disturb_nor_prolong_the_grace(forked):
    text = "trap 'echo term' TERM; echo up; while :; do sleep 0.01; done"
    script = ("/bin/sh", "-c", text)
    pid, control, status, output = forked(*script, grace_s=1, fence_s=500)
    os.write(control, protocol.GO)
    assert os.read(output, 100) == b"up\n"

    def stop_again():
        with contextlib.suppress(BrokenPipeError):
            os.write(control, protocol.STOP)
        return os.waitpid(pid, os.WNOHANG) == (pid, 0)

    wait_until(stop_again)
    assert json.loads(list(status)[-1])["code"] == -signal.SIGKILL
    # The shell may tell, too, that the signal ended its `sleep`.
    assert os.read(output, 1000).count(b"term\n") == 1


def test_go_alone_does_not_feed(forked):
    pid, control, status, _ = forked("/bin/sleep", "600", fence_s=2, beat_s=1)
    status.readline()
    time.sleep(1.5)
    sent_at = time.time()
    os.write(control, protocol.GO)
    end = json.loads(list(status)[-1])
    assert end["cause"] == "lost"
    assert end["finished_at"] - sent_at < 1.7
    os.waitpid(pid, 0)


def test_food_holds_until_the_moment_that_it_names(forked):
    pid, control, status, _ = forked("/bin/sleep", "600", fence_s=500)
    fed_at = time.time()
    os.write(control, protocol.GO + protocol.feed(time.monotonic() + 0.5))
    end = json.loads(list(status)[-1])
    assert end["cause"] == "lost"
    assert 0.4 < end["finished_at"] - fed_at < 5
    os.waitpid(pid, 0)


def test_an_order_that_comes_in_pieces_is_one_order(forked):
    pid, control, status, _ = forked("/bin/sleep", "600", fence_s=2, beat_s=1)
    food = protocol.feed(time.monotonic() + 500)
    status.readline()
    for piece in (food[:1], food[1:5], food[5:] + protocol.GO):
        os.write(control, piece)
        time.sleep(0.05)
    time.sleep(2.2)
    os.write(control, protocol.STOP)
    assert json.loads(list(status)[-1])["cause"] == "stopped"
    os.waitpid(pid, 0)


def test_a_script_is_killed_when_the_control_pipe_ends(forked, pid_in):
    text = "trap '' TERM; echo $$ > pid; while :; do sleep 600; done"
    supervisor_pid, control, _, _ = forked("/bin/sh", "-c", text, grace_s=500)
    os.write(control, protocol.GO)
    script = pid_in()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, control)
    os.close(null)
    wait_until(lambda: not is_alive(script))
    os.waitpid(supervisor_pid, 0)
