from __future__ import annotations

import subprocess
import sys
import time

from apps.executor.run import BLOCK_BYTES
from apps.executor.spec import Stream
from tests.unit.executor.conftest import ROOT
from tests.unit.executor.helpers import is_alive, linux_only, wait_until


def test_both_streams_come_in_one_sequence(run_sh, tmp_path):
    seen = []

    def on_output(stream, block):
        seen.append((stream, block))
        (tmp_path / f"seen{len(seen)}").touch()

    wait = "while [ ! -e seen{} ]; do sleep 0.01; done; "
    run_sh(
        f"echo a; {wait.format(1)} echo b >&2; {wait.format(2)} echo c",
        on_output=on_output,
    )
    assert seen == [
        (Stream.STDOUT, b"a\n"),
        (Stream.STDERR, b"b\n"),
        (Stream.STDOUT, b"c\n"),
    ]


def test_every_byte_arrives_untouched(run_python):
    data = bytes(range(256)) * 4 + b"\xff\x00\r\n\r no newline at the end"
    result = run_python(f"import sys; sys.stdout.buffer.write({data!r})")
    assert result.stdout == data


def test_blocks_are_at_most_64_kib(run_sh):
    result = run_sh("head -c 5000000 /dev/zero")
    assert len(result.stdout) == 5_000_000
    assert max(len(block) for _, block in result.blocks) <= BLOCK_BYTES == 65536


def test_output_written_just_before_the_end_is_not_lost(run_sh):
    for _ in range(5):
        result = run_sh("head -c 65536 /dev/zero; echo last words >&2; kill -9 $$")
        assert len(result.stdout) == 65536
        assert result.stderr == b"last words\n"


@linux_only
def test_what_an_enlarged_pipe_still_holds_at_the_end_is_not_lost(run_python, pid_in):
    def wait_for_the_supervisors_end(stream, block):
        seen.append(len(block))
        wait_until(lambda: not is_alive(pid_in()))

    seen = []
    text = (
        "import fcntl, os\n"
        "open('pid', 'w').write(f'{os.getppid()}\\n')\n"
        "fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1024 * 1024)\n"
        "os.write(1, b'x' * 600_000)\n"
    )
    run_python(text, on_output=wait_for_the_supervisors_end)
    assert sum(seen) == 600_000


def test_a_closed_stream_does_not_end_the_other(run_sh):
    result = run_sh("exec >&-; sleep 0.05; echo still here >&2")
    assert result.stderr == b"still here\n"


def test_both_streams_can_be_large_at_once(run_sh):
    result = run_sh("head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait")
    assert len(result.stdout) == len(result.stderr) == 3_000_000


def test_tick_comes_while_there_is_no_output(run_sh, tmp_path):
    ticks = []

    def tick():
        ticks.append(time.monotonic())
        if len(ticks) == 3:
            (tmp_path / "enough").touch()

    outcome = run_sh("while [ ! -e enough ]; do sleep 0.01; done", tick=tick).outcome
    assert outcome.exit_code == 0


def test_tick_comes_while_output_never_pauses(run_sh, tmp_path):
    outcome = run_sh(
        "yes & while [ ! -e ticked ]; do sleep 0.01; done; kill %1; exit 5",
        tick=(tmp_path / "ticked").touch,
        on_output=lambda stream, block: None,
    ).outcome
    assert outcome.exit_code == 5


def test_standard_input_is_at_its_end(run_sh):
    assert run_sh("cat; read line || echo end").stdout == b"end\n"


PUMP = """
import resource, sys
from pathlib import Path
from apps.executor.run import execute
from apps.executor.spec import Directive, ExecutionSpec

total = 0
def count(stream, block):
    global total
    total += len(block)

unit = 1 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
argv = ("/bin/sh", "-c", "yes | head -c 200000000")
spec = ExecutionSpec(argv=argv, cwd=Path("/"), env={}, timeout_s=60)
execute(spec, on_output=count, beat=lambda: Directive.CONTINUE, before_go=lambda: True)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(total, after - before)
"""


@linux_only
def test_200_mb_pass_in_flat_memory():
    done = subprocess.run(
        [sys.executable, "-c", PUMP], cwd=ROOT, capture_output=True, check=True
    )
    total, growth = map(int, done.stdout.split())
    assert total == 200_000_000
    assert growth < 8_000_000
