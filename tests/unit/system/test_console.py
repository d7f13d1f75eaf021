"""Printing that nothing can hold up: not a paused terminal, nor one that went away."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.system.up_console import show
from tests.servers import wait_until

ROOT = Path(__file__).parents[3]
PREPARE = """
import os, sys, time
from apps.system.up_console import *
console = Console()
"""


@pytest.fixture
def start():
    """Start Python code that has a Console, with pipes for what it prints."""
    children = []

    def run(code, **options):
        child = subprocess.Popen(
            [sys.executable, "-c", PREPARE + code],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            **({"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options),
        )
        children.append(child)
        return child

    yield run
    for child in children:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe:
                pipe.close()


def test_a_childs_lines_carry_its_name(start):
    child = start(
        "read, write = os.pipe()\n"
        "console.follow('worker', os.fdopen(read, 'rb'))\n"
        "os.write(write, b'one\\n\\xff two'); os.close(write)\n"
        "console.close(5)"
    )
    _out, err = child.communicate(timeout=10)
    assert err == b"worker | one\nworker | \xff two\n"


def test_what_it_says_itself_is_standard_output(start):
    child = start("console.say('漢字'); console.report('hm'); console.close(5)")
    out, err = child.communicate(timeout=10)
    assert out.decode() == "漢字\n"
    assert err == b"up     | hm\n"


def test_a_paused_terminal_holds_nobody_up(start):
    child = start(
        "for _ in range(30_000): console.say('x' * 100)\n"
        "console.close(0.2)\n"
        "sys.stderr.write('done')"
    )
    # Nobody reads its output, which is far more than a pipe holds.
    assert child.stderr.read() == b"done"
    assert child.wait(10) == 0


def test_a_terminal_that_went_away_ends_nothing(start, tmp_path):
    child = start(
        "sys.stdin.readline()\n"
        "for _ in range(100): console.say('x'); console.report('y')\n"
        "console.close(5)\n"
        f"open({str(tmp_path / 'done')!r}, 'w').close()"
    )
    child.stdout.close()
    child.stderr.close()
    child.stdin.write(b"go\n")
    child.stdin.close()
    assert child.wait(10) == 0
    assert (tmp_path / "done").exists()


def test_a_terminal_set_not_to_block_loses_nothing(start):
    read, write = os.pipe()
    os.set_blocking(write, False)
    child = start(
        "for _ in range(5_000): console.say('x' * 100)\nconsole.close(20)",
        stdout=write,
    )
    os.close(write)
    with os.fdopen(read, "rb") as out:
        assert out.read().count(b"\n") == 5_000
    assert child.wait(10) == 0


def test_showing_to_nobody_is_an_error_once(start):
    child = start(
        "sys.stdin.readline()\n"
        "try:\n    show(sys.stdout, 'password')\n"
        "except OSError as exc:\n    sys.stderr.write(exc.strerror)\n"
        "show(sys.stdout, 'more')"
    )
    child.stdout.close()
    child.stdin.write(b"go\n")
    child.stdin.close()
    # 120 would say that what is left in the buffer could not be printed.
    assert child.wait(10) == 0
    assert child.stderr.read() == b"Broken pipe"


def test_letters_that_a_terminal_does_not_have_become_question_marks():
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    show(out, "é 漢")
    assert out.buffer.getvalue() == b"\xe9 ?\n"


def test_closed_standard_streams_are_opened_on_nothing():
    code = (
        "import os, sys, apps.system.up_console as c\n"
        "c.open_standard_streams()\n"
        "print('into the void'); sys.stdin.read()\n"
        "sys.exit(int(os.readlink('/proc/self/fd/1') != '/dev/null'))"
    )
    child = subprocess.Popen(
        ["/bin/sh", "-c", 'exec "$@" <&- >&-', "sh", sys.executable, "-c", code],
        cwd=ROOT,
    )
    wait_until(lambda: child.poll() is not None, timeout_s=10, what="it ended")
    assert child.returncode == 0
