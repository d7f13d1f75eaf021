"""What only binds who is not root: hidden environments and limits on processes."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys

import psutil
import pytest

from tests.servers.hub import MANAGE

USER = "nobody"
# Lets that user reach an interpreter that only root can: tests may run from anywhere.
# Neither of them lifts what is tested here.
REACH = {1: "dac_override", 2: "dac_read_search"}
SECRET = "a-secret-that-no-script-may-see-" + "x" * 40
PROCESSES = 40

PEEK = """#!/usr/bin/env python3
import os
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "mem", "fd/0"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                if name == "environ" and b"no-script-may-see" in file.read():
                    print("LEAKED", pid, open(f"/proc/{pid}/comm").read())
        except OSError:
            pass
print("looked")
"""
BOMB = """#!/bin/sh
for _ in $(seq 200); do
    sleep 120 &
done
"""


def became(prefix: list[str]) -> bool:
    """Return whether that user can run what a cluster runs so.

    Not just any line: much of the standard library is part of the interpreter.
    """
    done = subprocess.run(
        [*prefix, *MANAGE, "qcluster", "--help"],
        env={**os.environ, "SECRET_KEY": SECRET},
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def ways() -> list[list[str]]:
    """Return how to become the user, the plainest way first."""
    group = str(pwd.getpwnam(USER).pw_gid)
    plain = [
        *("setpriv", f"--reuid={USER}", f"--regid={group}", "--clear-groups"),
        *("--pdeathsig", "TERM"),
    ]
    reach = [
        [*plain, f"--inh-caps=+{name}", f"--ambient-caps=+{name}"]
        for name in REACH.values()
    ]
    return [plain, *reach]


@pytest.fixture(scope="module")
def prefix() -> list[str]:
    """What to put before a command so that it runs without root's rights."""
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root has no setpriv here, so it cannot give up its rights")
    for way in ways():
        if became(way):
            return way
    pytest.skip(f"the user {USER} cannot run {sys.executable} here")


def threads_of(user: str | None) -> int:
    """Return what the kernel counts as processes of a user, or of this one."""
    uid = pwd.getpwnam(user).pw_uid if user else os.getuid()
    counts = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.uids().real == uid:
                counts.append(process.num_threads())
    return sum(counts)


@pytest.fixture(scope="module")
def installed(make_site, prefix):
    site = make_site(broker="redis", SECRET_KEY=SECRET)
    if prefix:
        user = pwd.getpwnam(USER)
        for path in (site.hub.folder, *site.hub.folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
    return site


@pytest.mark.fault(66)
def test_no_script_can_read_the_hubs_environment(site, prefix):
    site.add_script("peek.py", PEEK)
    cluster = site.start_cluster(prefix=prefix)

    run_id = site.start("peek.py")

    assert site.ended(run_id) == ("completed", "exit")
    assert site.log(run_id) == "looked\n"
    assert psutil.Process(cluster.pid).uids().real != 0


@pytest.mark.fault(33)
def test_a_fork_bomb_hits_its_limit_and_the_hub_goes_on(site, prefix):
    site.add_script("bomb.sh", BOMB)
    # As a service manager's or a pod's limit does, for the worker and its scripts.
    limit = f"--nproc={threads_of(USER if prefix else None) + PROCESSES}"
    cluster = site.start_cluster(prefix=[*prefix, "prlimit", limit])

    run_id = site.start("bomb.sh")

    run = site.final(run_id)
    assert (run["status"], run["reason"]) == ("failed", "exit"), run
    assert "fork" in site.log(run_id).lower()
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
    assert cluster.alive


@pytest.mark.fault(33)
def test_a_bounded_fork_bomb_ends_with_its_run(site, prefix):
    site.add_script("crowd.sh", BOMB)
    site.start_cluster(prefix=prefix)

    assert site.ended(site.start("crowd.sh")) == ("completed", "exit")
    assert site.ended(site.start("quick.sh")) == ("completed", "exit")
