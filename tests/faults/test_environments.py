"""While the environment of a script is built, anything may be killed or frozen."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.faults.scripts import RECORD
from tests.faults.site import key, kill_all, named, one, slots, wait_for_death
from tests.packages import WAITS, block, make_source

PROMPTLY_S = 2.0
TOOLS = str(Path(sys.executable).parent)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def installed(make_site):
    path = os.pathsep.join([TOOLS, os.environ.get("PATH", os.defpath)])
    assert shutil.which("uv", path=path), "uv is not there"
    site = make_site(broker="redis", PATH=path, ENV_BUILDER="uv", UV_NO_CONFIG="1")
    index = site.hub.folder / "index"
    index.mkdir()
    site.hub.env |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index)}
    return site


class Blocked:
    """A script whose environment takes until the test lets it be built."""

    def __init__(self, site) -> None:
        self.site = site
        self.package = f"slow{next(_numbers)}"
        self.told = site.hub.folder / f"{self.package}.told"
        self.gate = site.hub.folder / f"{self.package}.gate"
        waits = WAITS.format(told=str(self.told), gate=str(self.gate))
        make_source(site.hub.folder / "index", self.package, waits)
        self.script = f"{self.package}.sh"
        source = f"#!/bin/sh\n{block(self.package)}{RECORD}echo done\n"
        site.add_script(self.script, source)

    def wait_for_build(self) -> psutil.Process:
        """Return the process of the build that waits, once it does."""
        self.site.wait(self.told.exists, what="the build had begun")
        found = psutil.Process(int(self.told.read_text()))
        self.told.unlink()
        return found

    def open(self) -> None:
        self.gate.touch()

    def environments(self) -> list[Path]:
        """Return the folders of all attempts at its environment."""
        [ready] = [
            found
            for found in (self.site.hub.data_dir / "envs").glob("*/ready.json")
            if f'"{self.package}"' in found.read_text()
        ]
        return [path for path in ready.parent.iterdir() if path.is_dir()]


@pytest.fixture
def blocked(site) -> Blocked:
    return Blocked(site)


def returns_of(site, run_id: str) -> int:
    [(returns,)] = site.sql("SELECT returns FROM runs_run WHERE id = ?", key(run_id))
    return returns


@pytest.mark.fault(67)
@pytest.mark.parametrize("part", ["hub-cluster", "hub-slot-1", "hub-launcher"])
def test_a_part_killed_during_a_build_takes_it_along_and_gives_the_run_back(
    site, blocked, part
):
    keeper = site.keep_cluster(WORKERS="1")
    run_id = site.start(blocked.script)
    build = blocked.wait_for_build()

    one(keeper.cluster, part).kill()

    wait_for_death(build, timeout_s=PROMPTLY_S)
    blocked.open()
    if part == "hub-cluster":
        site.start_cluster()
    assert site.ended(run_id) == ("completed", "exit")
    assert returns_of(site, run_id) == 1
    assert len(blocked.environments()) == 1


@pytest.mark.fault(67)
def test_a_supervisor_killed_during_a_build_takes_it_along_and_gives_the_run_back(
    site, blocked
):
    cluster = site.start_cluster(WORKERS="1")
    run_id = site.start(blocked.script)
    build = blocked.wait_for_build()

    one(cluster, "hub-supervisor").kill()

    wait_for_death(build, timeout_s=PROMPTLY_S)
    blocked.open()
    assert site.ended(run_id) == ("completed", "exit")
    assert site.log(run_id).count("Building the environment") == 2


@pytest.mark.fault(67)
def test_a_build_that_outlived_everybody_is_swept_though_its_run_goes_on(site, blocked):
    cluster = site.start_cluster(WORKERS="1")
    run_id = site.start(blocked.script)
    build = blocked.wait_for_build()

    kill_all([p for p in cluster.tree() if p.name().startswith("hub-")])
    site.start_cluster()

    # The next attempt waits at the same gate.
    again = blocked.wait_for_build()
    wait_for_death(build, timeout_s=10)
    assert again.is_running()
    blocked.open()
    assert site.ended(run_id) == ("completed", "exit")


@pytest.mark.fault(67)
def test_a_slot_frozen_during_a_build_loses_it_and_the_run_is_built_elsewhere(
    site, blocked
):
    cluster = site.start_cluster(WORKERS="2")
    run_id = site.start(blocked.script)
    build = blocked.wait_for_build()
    worker = site.read(run_id)["worker"]
    frozen = psutil.Process(int(worker.split(":")[1]))
    holder = next(slot for slot in slots(cluster) if holds_a_lock(slot, blocked))
    holder.suspend()

    wait_for_death(build, timeout_s=6)
    blocked.open()

    assert site.ended(run_id) == ("completed", "exit")
    assert frozen.is_running()


def holds_a_lock(slot: psutil.Process, blocked: Blocked) -> bool:
    """Whether a slot has a file of an environment open."""
    envs = str(blocked.site.hub.data_dir / "envs")
    return any(found.path.startswith(envs) for found in slot.open_files())


@pytest.mark.fault(68)
def test_a_killed_builder_fails_the_run_and_the_next_one_builds(site, blocked):
    cluster = site.start_cluster(WORKERS="1")
    run_id = site.start(blocked.script)
    blocked.wait_for_build()

    kill_all(named(cluster, "uv"))

    assert site.ended(run_id) == ("failed", "build")
    assert "signal 9" in site.read(run_id)["message"]
    blocked.open()
    assert site.ended(site.start(blocked.script)) == ("completed", "exit")
    assert len(blocked.environments()) == 1


@pytest.mark.fault(68)
def test_a_cancel_during_a_build_leaves_nothing_within_three_seconds(site, blocked):
    site.start_cluster(WORKERS="1")
    run_id = site.start(blocked.script)
    build = blocked.wait_for_build()
    asked = time.monotonic()

    site.cancel(run_id)

    assert site.ended(run_id) == ("cancelled", "user")
    assert time.monotonic() - asked < 3
    wait_for_death(build, timeout_s=0.5)
    assert site.count_starts(run_id) == 0


@pytest.mark.fault(69)
def test_two_runs_at_once_build_once(site, blocked):
    site.start_cluster(WORKERS="2")
    first = site.start(blocked.script)
    blocked.wait_for_build()
    second = site.start(blocked.script)
    site.wait(
        lambda: f"Waiting for the environment that run {first}" in site.log(second),
        what="the second run waited visibly",
    )

    blocked.open()

    assert site.ended(first) == site.ended(second) == ("completed", "exit")
    assert "Building" not in site.log(second)
    assert not blocked.told.exists()


@pytest.mark.fault(69)
def test_who_waits_for_a_killed_build_builds(site, blocked):
    cluster = site.start_cluster(WORKERS="1")
    other = site.start_cluster(WORKERS="1")
    first = site.start(blocked.script)
    build = blocked.wait_for_build()
    second = site.start(blocked.script)
    site.wait(lambda: "Waiting" in site.log(second), what="the second run waited")
    killed = next(c for c in (cluster, other) if build.pid in {p.pid for p in c.tree()})

    killed.signal_tree(signal.SIGKILL)

    blocked.wait_for_build()
    blocked.open()
    assert site.ended(second) == ("completed", "exit")
    assert site.ended(first) == ("completed", "exit")
    assert len(blocked.environments()) == 1
