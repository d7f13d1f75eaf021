"""`python -m tests`: what is run where, and that an interrupt leaves nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from collections import Counter
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tests import __main__ as runner
from tests import parts as parts_module
from tests.__main__ import split_paths
from tests.environment import ROOT
from tests.parts import Outcome, Part, mixed, run_parts, shares
from tests.servers import Child, wait_until
from tests.servers.process import ServerMissing

SERVER = SimpleNamespace(url="postgres://server")

# A test that starts a server, says so, and never ends.
ENDLESS = """
from __future__ import annotations
import time
from pathlib import Path

def test_endless(shared_redis):
    Path("{note}").write_text(str(shared_redis.pid))
    time.sleep(600)
"""
# That test is outside of the project, whose configuration and fixtures it needs.
OPTIONS = ["-c", "pyproject.toml", "--rootdir=.", "-p", "tests.servers.fixtures"]


@pytest.mark.parametrize(
    ("given", "paths", "rest"),
    [
        ([], [], []),
        (["-x", "-k", "claim"], [], ["-x", "-k", "claim"]),
        (["tests/unit", "-q"], ["tests/unit"], ["-q"]),
        (
            ["tests/unit/test_env.py::test_words"],
            ["tests/unit/test_env.py::test_words"],
            [],
        ),
    ],
)
def test_paths_are_told_from_options(monkeypatch, given, paths, rest):
    monkeypatch.chdir(ROOT)
    assert split_paths(given) == (paths, rest)


def test_shares_hold_every_file_once_and_about_as_much(tmp_path):
    files = [tmp_path / f"test_{n}.py" for n in range(9)]
    for number, file in enumerate(files):
        file.write_text("x" * 100 * (number + 1))

    found = shares(files, 3)

    assert sorted(chain.from_iterable(found)) == [str(file) for file in files]
    sizes = [sum(Path(name).stat().st_size for name in share) for share in found]
    assert max(sizes) - min(sizes) <= 200


def test_there_are_no_more_shares_than_files(tmp_path):
    (tmp_path / "test_one.py").write_text("x")
    assert shares([tmp_path / "test_one.py"], 3) == [[str(tmp_path / "test_one.py")]]


@pytest.mark.parametrize("server", [SERVER, ServerMissing("none")])
def test_every_file_is_run_once_on_each_database_that_it_concerns(monkeypatch, server):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(runner, "create_database", lambda url: "postgres://made")

    parts = runner.parts_of(server, None)

    once = Counter[str]()
    again = Counter[str]()
    for part in parts:
        (again if "DATABASE_URL" in part.env else once).update(part.arguments)
    everything = {str(file) for file in runner.files_in(runner.TESTS)}
    faults = {str(file) for file in runner.files_in(runner.FAULTS)}
    on_both = {str(file) for file in runner.files_in(runner.ON_BOTH)}
    assert faults
    assert once == Counter(everything - faults)
    if server is SERVER:
        on_one = [str(one) for one in runner.ON_ONE]
        assert all(Path(one).exists() for one in on_one)
        left_out = {name for name in on_both if name.startswith(tuple(on_one))}
        assert again == Counter(on_both - left_out)
    else:
        assert not again


def test_what_is_not_counted_is_there():
    assert all(path.exists() for path in runner.UNCOUNTED)


def test_what_computes_and_what_waits_take_turns():
    hubs, tables = ([Part(f"{kind} {n}", []) for n in (1, 2)] for kind in "ht")
    names = [part.name for part in mixed(hubs, tables, [])]
    assert names == ["h 1", "t 1", "h 2", "t 2"]


def test_a_part_begins_when_another_has_ended(monkeypatch):
    running, most = set(), []

    class Fake(contextlib.nullcontext):
        def __init__(self, part):
            super().__init__(self)
            self.name, self.looks = part.name, 2
            running.add(part.name)
            most.append(len(running))

        @property
        def has_ended(self):
            self.looks -= 1
            return self.looks < 0

        def outcome(self):
            running.remove(self.name)
            return Outcome(self.name != "3", self.name)

    monkeypatch.setattr(parts_module, "Running", Fake)
    monkeypatch.setattr(parts_module, "LOOK_S", 0)

    outcomes = run_parts([Part(str(n), []) for n in range(5)], lanes=2)

    assert [o.sentence for o in outcomes if not o.ok] == ["3"]
    assert len(outcomes) == 5
    assert max(most) == 2


@pytest.fixture
def folder():
    """A folder for temporary files that the user who runs PostgreSQL can reach."""
    with tempfile.TemporaryDirectory(prefix="hub-runner-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize(
    ("number", "send"),
    [
        (signal.SIGTERM, os.kill),
        # As a terminal does it.
        (signal.SIGINT, os.killpg),
        (signal.SIGKILL, os.kill),
    ],
)
def test_an_interrupted_run_leaves_no_process(folder, number, send):
    note = folder / "note"
    # Not the servers and the folder of the run that this test is part of.
    env = {k: v for k, v in os.environ.items() if not k.startswith("HUB_TEST_")}
    (folder / "test_endless.py").write_text(ENDLESS.format(note=note))
    runner = Child(
        [sys.executable, "-m", "tests", str(folder), *OPTIONS],
        log=folder / "log",
        env=env | {"TMPDIR": str(folder)},
        cwd=ROOT,
    )
    try:
        wait_until(note.exists, timeout_s=60, what="the endless test began")
        tree = runner.tree()
        send(runner.pid, number)
        runner.wait(30)
        _, alive = psutil.wait_procs(tree, timeout=15)
    finally:
        print(runner.output())
        runner.stop(signal.SIGKILL, timeout_s=5)
    assert len(tree) > 3
    assert alive == []
    left = [path.name for path in folder.glob("hub-*")]
    assert not left or number == signal.SIGKILL


def test_the_last_lines_name_what_failed(folder):
    env = {k: v for k, v in os.environ.items() if not k.startswith("HUB_TEST_")}
    (folder / "test_wrong.py").write_text("def test_wrong():\n    assert 1 == 2\n")
    runner = Child(
        [sys.executable, "-m", "tests", str(folder), *OPTIONS, "-p", "tests.failures"],
        log=folder / "log",
        env=env | {"TMPDIR": str(folder)},
        cwd=ROOT,
    )
    try:
        runner.wait(60)
    finally:
        runner.stop(signal.SIGKILL, timeout_s=5)
    last = runner.output().rpartition("What failed:")[2]
    assert "test_wrong.py::test_wrong (call): assert 1 == 2" in last
