from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from apps.executor.spec import Limits
from tests.unit.executor.conftest import CALLER, ENV, ROOT
from tests.unit.executor.helpers import linux_only

pytestmark = pytest.mark.usefixtures("either_way")

AWKWARD = [
    "",
    " ",
    "a b",
    "$(id)",
    "`id`",
    "--flag",
    "'\"\\",
    "x\ny\t",
    "😀 日本",
    "\x7f",
]


def test_arguments_arrive_as_they_are(run):
    text = "import json, sys; print(json.dumps(sys.argv[1:]))"
    result = run(sys.executable, "-c", text, *AWKWARD)
    assert json.loads(result.stdout) == AWKWARD


def test_bytes_that_are_not_utf8_survive_the_way_through_python(run):
    name = os.fsdecode(b"caf\xe9")
    result = run("/bin/sh", "-c", 'printf %s "$1$V"', "sh", name, env={"V": name})
    assert result.stdout == b"caf\xe9caf\xe9"


def test_the_environment_is_the_given_one_and_nothing_else(run):
    env = {"A": "1", "TEXT": "two\nlines 😀"}
    result = run("/usr/bin/env", "-0", env=env)
    assert sorted(result.stdout.split(b"\0")) == [
        b"",
        b"A=1",
        "TEXT=two\nlines 😀".encode(),
    ]


def test_the_work_directory_is_the_given_one(run_sh, tmp_path):
    folder = tmp_path / "with space 😀"
    folder.mkdir()
    assert run_sh("pwd -P", cwd=folder).stdout.decode() == f"{folder.resolve()}\n"


def test_files_are_private_by_default(run_sh, tmp_path):
    run_sh("touch made")
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600


def test_the_umask_can_be_chosen(run_sh, tmp_path):
    run_sh("touch made", umask=0o022)
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o644


def test_it_leads_a_session_of_its_own(run_python):
    result = run_python("import os; print(os.getpid() == os.getsid(0) == os.getpgrp())")
    assert result.stdout == b"True\n"


@linux_only
def test_only_the_standard_descriptors_are_open(run):
    listing = run("/bin/ls", "/proc/self/fd").stdout.split()
    assert listing == [b"0", b"1", b"2", b"3"]  # 3 is the listed folder itself.


def test_limits_are_set(run_sh):
    limits = Limits(open_files=123, file_bytes=1024 * 1024)
    result = run_sh("ulimit -c; ulimit -n; ulimit -f", limits=limits)
    assert result.stdout.split()[:2] == [b"0", b"123"]
    assert result.stdout.split()[2] in (b"2048", b"1024")


def test_a_limit_above_the_allowed_is_cut_down(run_sh):
    assert run_sh("ulimit -n", limits=Limits(open_files=2**40)).stdout.strip().isdigit()


def test_no_limit_leaves_what_the_worker_has(run_sh):
    ours = subprocess.run(
        ["/bin/sh", "-c", "ulimit -n"], capture_output=True, check=True
    )
    assert run_sh("ulimit -n", limits=Limits(open_files=None)).stdout == ours.stdout


@linux_only
def test_a_memory_limit_holds(run_python):
    result = run_python("b'x' * 10**9", limits=Limits(memory_bytes=500_000_000))
    assert b"MemoryError" in result.stderr


def test_a_broken_pipe_ends_a_pipeline(run):
    result = run("/bin/bash", "-o", "pipefail", "-c", "yes | head -n 1; exit $?")
    assert result.stdout == b"y\n"
    assert result.outcome.exit_code == 128 + 13


IGNORING = """
import signal, sys
for name in ("SIGHUP", "SIGINT", "SIGTERM", "SIGCHLD", "SIGUSR1", "SIGPIPE"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
"""


@linux_only
def test_no_signal_is_ignored_or_blocked_whatever_the_caller_does():
    argv = ["/bin/grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"]
    fields = {"argv": argv, "cwd": "/", "env": ENV, "timeout_s": 60}
    done = subprocess.run(
        [sys.executable, "-c", IGNORING + CALLER, json.dumps(fields)],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    masks = dict(line.split(b":\t") for line in done.stderr.splitlines())
    # 32 and 33 are the C library's own, which it lets nobody ask for or change.
    own = 0b11 << 31
    assert {int(mask, 16) & ~own for mask in masks.values()} == {0}
    assert json.loads(done.stdout)["exit_code"] == 0


CLOSED = """
import os
for fd in (0, 1, 2):
    os.close(fd)
"""


def test_a_caller_without_standard_streams_can_run_scripts(tmp_path):
    argv = ["/bin/sh", "-c", "cat; echo out; echo err >&2; exit 7"]
    fields = {"argv": argv, "cwd": "/", "env": ENV, "timeout_s": 60}
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + CLOSED + CALLER
    code = code.replace("os.write(2, block)", "seen.append(block.decode())")
    code = code.replace(
        "print(json.dumps(fields), flush=True)", "fields['seen'] = seen"
    )
    code = "seen = []\n" + code + "open('report', 'w').write(json.dumps(fields))"
    subprocess.run(
        [sys.executable, "-c", code, json.dumps(fields)], cwd=tmp_path, check=True
    )
    report = json.loads((tmp_path / "report").read_text())
    assert report["exit_code"] == 7
    assert sorted(report["seen"]) == ["err\n", "out\n"]


@linux_only
@pytest.mark.parametrize("file", ["cmdline", "environ"])
def test_the_supervisor_shows_nothing_of_the_script(run_sh, file, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "of the worker")
    env = ENV | {"SECRET": "of the script"}
    result = run_sh(f"cat /proc/$PPID/{file}; echo $PPID", env=env)
    assert b"of the" not in result.stdout
    assert b"cat" not in result.stdout


# A script may look before its supervisor has let go, which it does at once.
LOOK = """
own=$(readlink /proc/$$/fd/1)
for _ in $(seq 200); do
    cwd=$(readlink /proc/$PPID/cwd)
    fds=$(readlink /proc/$PPID/fd/*)
    case "$fds" in *"$own"*) ;; *) [ "${cwd:-/}" = / ] && break ;; esac
    sleep 0.05
done
printf '%s\\n' $cwd $fds "$own"
"""


@linux_only
def test_the_supervisor_holds_no_folder_and_no_output(run_sh):
    *held, own = run_sh(LOOK).stdout.decode().split("\n")[:-1]
    # Only root may look into a launcher's fork.
    assert held == [] or held[0] == "/"
    assert own.startswith("pipe:")
    assert own not in held
