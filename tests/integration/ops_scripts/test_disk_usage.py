"""What disk_usage.sh says of folders."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.integration.ops_scripts.launch import (
    SCRIPTS,
    command,
    environment,
    run_script,
)

KIB = 1024


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Three folders with files of known sizes."""
    root = tmp_path / "tree"
    for name, kib in (
        ("small", 10),
        ("large", 3000),
        ("large/inner", 2000),
        ("中文", 500),
    ):
        (root / name).mkdir(parents=True)
        (root / name / "file").write_bytes(os.urandom(kib * KIB))
    return root


def rows(stdout: str) -> list[str]:
    """The folders of the table, in its order."""
    return re.findall(r"^ *\d+\.\d [KMGTP]iB  (?!total of)(.+)$", stdout, re.M)


def usage(*arguments: object, cwd: Path, **variables: object):
    return run_script("disk_usage.sh", *arguments, cwd=cwd, **variables)


def test_the_largest_folders_come_first(tree):
    done = usage(f"--path={tree}", "--threshold=100", cwd=tree)
    assert (done.status, done.stderr) == (0, "")
    names = [f"{tree}/{name}" for name in ("large", "large/inner", "中文", "small")]
    assert rows(done.stdout) == names
    assert re.search(rf"^ +4\.[89] MiB  {tree}/large$", done.stdout, re.M)
    assert re.search(rf"^ +5\.[34] MiB  total of {tree}$", done.stdout, re.M)


def test_no_more_than_top_are_listed(tree):
    done = usage("--path", tree, "--top", 2, "--threshold", 100, cwd=tree)
    assert rows(done.stdout) == [f"{tree}/large", f"{tree}/large/inner"]
    assert "total of" in done.stdout


def test_a_file_system_below_the_threshold_completes(tree):
    done = usage(f"--path={tree}", "--threshold=100", cwd=tree)
    used = re.search(
        r"^File system used: (\d+)% \(threshold 100%\)$", done.stdout, re.M
    )
    assert used
    assert 0 <= int(used[1]) <= 100


@pytest.fixture
def file_system_in_use(tree: Path) -> Path:
    """The tree, where its file system is used by at least 2 %."""
    space = os.statvfs(tree)
    used = space.f_blocks - space.f_bfree
    if used * 100 <= 2 * (used + space.f_bavail):
        pytest.skip("the file system of the temporary folder is nearly empty")
    return tree


def test_a_file_system_beyond_the_threshold_fails(file_system_in_use):
    done = usage(
        f"--path={file_system_in_use}", "--threshold=1", cwd=file_system_in_use
    )
    assert done.status == 1
    assert rows(done.stdout)
    assert re.fullmatch(
        rf"disk_usage\.sh: the file system of '{file_system_in_use}' is used to "
        r"\d+%, beyond 1%\.\n",
        done.stderr,
    )


def test_names_cannot_forge_rows(tmp_path):
    forged = "x\n   9.9 GiB  forged\t\x1b[31m"
    (tmp_path / forged).mkdir()
    done = usage(f"--path={tmp_path}", "--threshold=100", cwd=tmp_path)
    assert rows(done.stdout) == [f"{tmp_path}/x?   9.9 GiB  forged??[31m"]


def test_a_folder_with_an_odd_name_is_measured(tmp_path):
    odd = tmp_path / "- $(touch harm) 'a' \"b\" *"
    (odd / "below").mkdir(parents=True)
    done = usage("--path", odd, "--threshold=100", cwd=tmp_path)
    assert rows(done.stdout) == [f"{odd}/below"]
    assert [path.name for path in tmp_path.iterdir()] == [odd.name]


def test_what_cannot_be_read_is_counted_and_no_failure():
    # As an unprivileged user: nothing is unreadable for root. The script comes by
    # stdin, as that user may not be able to reach the checkout.
    arguments = ["bash", "-s", "--", "--threshold=100"]
    user = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        closed = Path(folder, "closed")
        closed.mkdir(mode=0 if user == {} else 0o700)
        done = subprocess.run(
            [*arguments, f"--path={folder}"],
            input=(SCRIPTS / "disk_usage.sh").read_text(),
            env=environment(),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            **user,
        )
        closed.chmod(0o700)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Not counted, as they cannot be read: 1\n" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--path=/no/such"], "--path '/no/such' is not a folder."),
        (["--path=/etc/passwd"], "--path '/etc/passwd' is not a folder."),
        (["--path="], "--path '' is not a folder."),
        (["--top=0"], "--top must be a whole number from 1 to 1000, not '0'."),
        (["--top=x[$(id)]"], "--top must be a whole number from 1 to 1000, not 'x["),
        (["--threshold", "101"], "--threshold must be a whole number from 1 to 100"),
        (["--threshold=-1"], "--threshold must be a whole number from 1 to 100"),
        (["--threshold=99999999999999999999"], "--threshold must be a whole number"),
        (["--top"], "--top needs a value."),
        (["--depth=1"], "'--depth=1' is not an option; see --help."),
        (["/var"], "'/var' is not an option; see --help."),
    ],
)
def test_wrong_usage(tmp_path, arguments, sentence):
    done = usage(*arguments, cwd=tmp_path)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith(f"disk_usage.sh: {sentence}")
    assert done.stderr.count("\n") == 1


def test_numbers_with_leading_zeros_are_decimal(tree):
    done = usage(f"--path={tree}", "--top=010", "--threshold=0100", cwd=tree)
    assert done.status == 0
    assert "(threshold 100%)" in done.stdout


def test_nothing_is_left_behind(tree, tmp_path):
    usage(f"--path={tree}", "--threshold=100", cwd=tree, TMPDIR=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tree"]


def test_a_signal_stops_it_at_once_and_cleans_up(tmp_path):
    # A du that never ends: a named pipe in its place, found first on PATH.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "du").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "bin" / "du").chmod(0o755)
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    variables = environment() | {"PATH": path, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(command("disk_usage.sh"), env=variables)
    wait_for(lambda: list(tmp_path.glob("tmp.*/errors")))
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 143
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_help_is_there_by_hand(tmp_path):
    done = usage("--help", cwd=tmp_path)
    assert done.status == 0
    assert "--threshold PERCENT" in done.stdout
