"""`python -m tests`: what is run where, and that an interrupt leaves nothing."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.__main__ import halves, split_paths
from tests.environment import ROOT
from tests.servers import Child, wait_until

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


def test_two_halves_hold_every_file_once_and_about_as_much(tmp_path):
    files = [tmp_path / f"test_{n}.py" for n in range(9)]
    for number, file in enumerate(files):
        file.write_text("x" * 100 * (number + 1))

    one, other = halves(files)

    assert sorted([*one, *other]) == [str(file) for file in files]
    sizes = [sum(Path(name).stat().st_size for name in half) for half in (one, other)]
    assert abs(sizes[0] - sizes[1]) <= 100


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
