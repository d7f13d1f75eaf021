"""What a launcher does before its first fork, and that it leaves no trace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.unit.executor.helpers import linux_only

pytestmark = linux_only

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import json, os, signal, sys
from apps.executor import rehearsal

def state():
    mask = os.umask(0)
    os.umask(mask)
    return [sorted(os.listdir("/proc/self/fd")), mask, os.getcwd()]

rehearsal._JOB["argv"] = [sys.argv[1].encode()]
os.chdir("/")
before = state()
rehearsal.rehearse()
usage = open("/proc/self/stat").read().rsplit(")", 1)[1].split()
children = open("/proc/thread-self/children").read()
wakeup = signal.set_wakeup_fd(-1)
print(json.dumps([before == state(), children, wakeup, int(usage[8])]))
"""


def rehearse(program: str) -> list:
    """Rehearse with a program in a process of its own; how it is left."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, program],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_it_runs_a_program_and_leaves_the_process_as_it_was():
    as_before, children, wakeup_fd, faults_of_children = rehearse("/bin/true")
    assert (as_before, children, wakeup_fd) == (True, "", -1)
    assert faults_of_children > 0


def test_without_that_program_it_rehearses_what_it_can():
    as_before, children, wakeup_fd, _ = rehearse("/nowhere/true")
    assert (as_before, children, wakeup_fd) == (True, "", -1)
