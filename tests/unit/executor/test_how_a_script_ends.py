from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from apps.executor.spec import Cause
from tests.unit.executor.helpers import linux_only

pytestmark = pytest.mark.usefixtures("either_way")


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_an_exit_code_is_reported_as_it_is(run_sh, code):
    outcome = run_sh(f"exit {code}").outcome
    assert (outcome.cause, outcome.exit_code) == (Cause.EXITED, code)
    assert (outcome.signal, outcome.error, outcome.began) == (None, "", True)


@pytest.mark.parametrize("name", ["SEGV", "ABRT", "PIPE", "KILL", "TERM"])
def test_a_signal_is_reported_by_its_number(run_sh, name):
    outcome = run_sh(f"kill -{name} $$").outcome
    assert outcome.cause is Cause.SIGNALLED
    assert outcome.signal == getattr(signal, f"SIG{name}")
    assert outcome.exit_code is None


def test_output_on_stderr_does_not_make_a_failure(run_sh):
    result = run_sh("echo careful >&2")
    assert result.outcome.exit_code == 0
    assert result.stderr == b"careful\n"


def test_start_and_end_are_told_in_seconds_since_the_epoch(run_sh):
    before = time.time()
    outcome = run_sh("sleep 0.1").outcome
    assert before <= outcome.started_at < outcome.finished_at <= time.time()


def test_processor_time_counts_the_script_and_what_it_waited_for(run_python):
    spin = "import time\nwhile time.process_time() < 0.2: pass"
    text = (
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', '''{spin}'''])"
    )
    assert run_python(text).outcome.cpu_s >= 0.2


@linux_only
def test_processor_time_counts_orphans(run_sh):
    spin = "import time\nwhile time.process_time() < 0.2: pass\nopen('done', 'w')"
    outcome = run_sh(
        f'({sys.executable} -c "{spin}" &) ; while [ ! -e done ]; do sleep 0.02; done'
    ).outcome
    assert outcome.cpu_s >= 0.2


def test_peak_memory_is_that_of_the_largest_process(run_python):
    outcome = run_python("block = b'x' * 100_000_000").outcome
    assert 100_000_000 < outcome.max_rss_bytes < 200_000_000


def test_a_thousand_open_descriptors_of_the_caller_change_nothing(run_sh):
    fds = [os.open(os.devnull, os.O_RDONLY) for _ in range(1000)]
    try:
        assert run_sh("exit 4").outcome.exit_code == 4
    finally:
        for fd in fds:
            os.close(fd)
