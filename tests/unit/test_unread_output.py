"""A command whose reader goes, such as `manage.py tasks | head`, ends quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Stands for what a command does: manage.py hands over to `execute_from_command_line`.
PRETEND = (
    "import runpy, sys, django.core.management as m; sys.argv = [{path!r}, 'x'];"
    "m.execute_from_command_line = lambda argv: {does};"
    "runpy.run_path({path!r}, run_name='__main__')"
)
UNREAD = 141


def command(does: str) -> list[str]:
    path = str(ROOT / "manage.py")
    return [sys.executable, "-c", PRETEND.format(path=path, does=does)]


@pytest.mark.parametrize(
    "does",
    ["print('a line')", "[print('a line') for _ in range(100_000)]"],
    ids=["a line", "more than a pipe holds"],
)
def test_a_reader_that_goes_ends_it_without_a_word(does):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        command(does), stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.stderr, done.returncode) == (b"", UNREAD)


def test_what_is_read_is_written_whole():
    does = "[print('a line') for _ in range(100_000)]"
    done = subprocess.run(command(does), capture_output=True, check=False)
    assert done.stdout.count(b"a line") == 100_000
    assert (done.stderr, done.returncode) == (b"", 0)


def test_another_pipe_that_breaks_is_told():
    does = "sys.stdin.close() or exec('raise BrokenPipeError(32, \\'a socket\\')')"
    done = subprocess.run(command(does), capture_output=True, check=False)
    assert b"BrokenPipeError: [Errno 32] a socket" in done.stderr
    assert done.returncode == 1


def test_an_exit_code_is_kept():
    done = subprocess.run(command("sys.exit(3)"), capture_output=True, check=False)
    assert done.returncode == 3


def test_a_closed_output_is_no_traceback():
    closed = [
        "sh",
        "-c",
        '"$@" >&-',
        "sh",
        *command("sys.stdout.write('a line') and sys.exit(3)"),
    ]
    done = subprocess.run(closed, stderr=subprocess.PIPE, check=False)
    assert (done.stderr, done.returncode) == (b"", 3)
