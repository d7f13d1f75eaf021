"""What outlived every supervisor is found by its environment, and killed for good."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid

import pytest

from apps.executor import strays
from tests.unit.executor.conftest import ENV
from tests.unit.executor.helpers import is_alive, linux_only, wait_until

pytestmark = linux_only

# Forks twice and leaves the session, as daemons do; init is its parent then.
DAEMON = "(setsid /bin/sh -c 'echo $$ > {0}.new; mv {0}.new {0}; sleep 600' &)"
# As long as it is let, one process that forks another and ends, and so on.
RUNNER = """
import os, sys, time
print(os.getpid(), file=open("pid", "w"), flush=True)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep(0.02)
"""


@pytest.fixture
def instance():
    return str(uuid.uuid4())


@pytest.fixture
def start(tmp_path, instance):
    """Start a shell text as a script of a run would be; returns its process."""
    started = []

    def start(*argv, **marks):
        env = ENV | {"HUB_INSTANCE": instance, "HUB_RUN_ID": "r1", "DATA_DIR": "/d"}
        process = subprocess.Popen(argv, cwd=tmp_path, env=env | marks)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
    strays.kill(
        strays.find(instance), again=lambda: strays.find(instance), patience_s=10
    )


@pytest.fixture
def daemon(start, pid_in):
    """Start a daemon that nobody above it knows of; returns its pid."""

    def daemon(name="pid", **marks):
        start("/bin/sh", "-c", DAEMON.format(name), **marks).wait()
        return pid_in(name)

    return daemon


def sweep(instance, patience_s=10.0):
    def find():
        return strays.find(instance)

    return strays.kill(find(), again=find, patience_s=patience_s)


def test_a_daemon_is_found_with_its_run_and_its_data_folder(daemon, instance):
    pid = daemon(HUB_RUN_ID="a", DATA_DIR="/data")

    found = {stray.pid: stray for stray in strays.find(instance)}

    assert (found[pid].run_id, found[pid].data_dir) == ("a", "/data")
    assert found[pid].started > 0


def test_others_are_not_found(daemon, start, instance):
    daemon("other", HUB_INSTANCE=str(uuid.uuid4()))
    daemon("longer", HUB_INSTANCE=instance + "0")
    start("/bin/sleep", "600", HUB_RUN_ID="")

    assert strays.find(instance) == []


def test_zombies_are_not_found(start, instance):
    process = start("/bin/true")
    wait_until(lambda: not is_alive(process.pid))

    assert strays.find(instance) == []


def test_neither_this_process_nor_one_above_it_is_found(start, instance):
    code = f"from apps.executor import strays; print(strays.find({instance!r}))"
    marks = {"HUB_INSTANCE": instance, "HUB_RUN_ID": "r1"}
    shell = ["/bin/sh", "-c", '"$0" -c "$1"; exit $?', sys.executable, code]

    done = subprocess.run(shell, env=ENV | marks, capture_output=True, check=True)

    assert done.stdout == b"[]\n"


def test_all_are_killed_and_counted(daemon, instance):
    pids = [daemon(name) for name in ("a", "b")]

    killed, left = sweep(instance)

    # Each is a shell and its sleep.
    assert (killed, left) == (4, [])
    assert not any(map(is_alive, pids))


def test_what_a_stray_started_with_an_empty_environment_goes_with_it(
    start, pid_in, instance
):
    text = "env -i /usr/bin/setsid /bin/sh -c 'echo $$ > bare; exec sleep 600' & wait"
    start("/bin/sh", "-c", text)
    pid = pid_in("bare")
    assert pid not in {stray.pid for stray in strays.find(instance)}

    sweep(instance)

    wait_until(lambda: not is_alive(pid), "it outlived what it came from")


def test_what_forks_all_the_while_is_killed_in_the_end(start, pid_in, instance):
    start(sys.executable, "-c", RUNNER)
    pid_in()

    _killed, left = sweep(instance)

    assert left == []
    assert strays.find(instance) == []


def test_a_stopped_one_is_killed(daemon, instance):
    pid = daemon()
    os.kill(pid, 19)

    assert sweep(instance)[1] == []
    assert not is_alive(pid)


def test_a_later_owner_of_the_pid_is_not_hit(daemon, instance):
    pid = daemon()
    earlier = strays.Stray(pid, started=1, run_id="r1", data_dir="/d")

    assert strays.kill([earlier], again=list, patience_s=10) == (0, [])
    assert is_alive(pid)


def test_a_process_that_has_gone_is_nothing_to_kill(start, instance):
    process = start("/bin/sleep", "600")
    wait_until(lambda: strays.find(instance))
    found = strays.find(instance)
    process.kill()
    process.wait()

    assert strays.kill(found, again=list, patience_s=10) == (0, [])


def test_what_does_not_go_is_named_after_the_patience_is_over(instance):
    immortal = strays.Stray(2**22 + 1, started=1, run_id="r1", data_dir="/d")
    began = time.monotonic()

    answer = strays.kill([immortal], again=lambda: [immortal], patience_s=0.1)

    assert answer == (0, [immortal])
    assert time.monotonic() - began >= 0.1
