from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apps.executor.launcher_client import start_launcher
from apps.executor.run import execute
from apps.executor.spec import Directive, ExecutionSpec, Outcome, Stream
from apps.executor.starter import use_launcher
from tests.unit.executor.helpers import has_pid, is_alive, linux_only, wait_until

ROOT = Path(__file__).resolve().parents[3]

ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}

CALLER = """
import dataclasses, json, os, sys
from pathlib import Path
from apps.executor.run import execute
from apps.executor.spec import Directive, ExecutionSpec

spec = json.loads(sys.argv[1])
spec |= {"argv": tuple(spec["argv"]), "cwd": Path(spec["cwd"])}
outcome = execute(
    ExecutionSpec(**spec),
    on_output=lambda stream, block: os.write(2, block),
    beat=lambda: Directive.CONTINUE,
    before_go=lambda: True,
)
fields = dataclasses.asdict(outcome) | {"cause": outcome.cause.value}
print(json.dumps(fields), flush=True)
"""


@dataclass
class Result:
    outcome: Outcome | None = None
    blocks: list[tuple[Stream, bytes]] = field(default_factory=list)

    def text(self, stream: Stream) -> bytes:
        return b"".join(block for source, block in self.blocks if source is stream)

    @property
    def stdout(self) -> bytes:
        return self.text(Stream.STDOUT)

    @property
    def stderr(self) -> bytes:
        return self.text(Stream.STDERR)


@pytest.fixture
def launcher():
    """A launcher that starts the supervisors of this test."""
    launcher = start_launcher()
    use_launcher(launcher)
    yield launcher
    use_launcher(None)
    launcher.close()


@pytest.fixture(
    params=["interpreter", pytest.param("launcher", marks=linux_only)],
)
def either_way(request):
    """Once with fresh interpreters for supervisors, once with forks of a launcher."""
    if request.param == "launcher":
        request.getfixturevalue("launcher")


@pytest.fixture
def make_spec(tmp_path):
    """An ExecutionSpec of this argv; keyword arguments replace what is usual."""

    def make_spec(*argv: str, **changes) -> ExecutionSpec:
        usual = {"cwd": tmp_path, "env": ENV, "timeout_s": 60.0}
        return ExecutionSpec(argv=argv, **(usual | changes))

    return make_spec


@pytest.fixture
def run(make_spec):
    """Execute an argv and keep what came of it; callbacks can be given by name."""

    def run(*argv: str, on_output=None, tick=None, **changes) -> Result:
        result = Result()
        callbacks = {
            "beat": changes.pop("beat", lambda: Directive.CONTINUE),
            "before_go": changes.pop("before_go", lambda: True),
            "on_output": on_output or (lambda *block: result.blocks.append(block)),
        }
        if "ours_until" in changes:
            callbacks["ours_until"] = changes.pop("ours_until")
        spec = make_spec(*argv, **changes)
        result.outcome = execute(spec, tick=tick, **callbacks)
        return result

    return run


@pytest.fixture
def run_sh(run):
    """Execute a shell text."""
    return lambda text, **changes: run("/bin/sh", "-c", text, **changes)


@pytest.fixture
def run_python(run):
    """Execute a Python text."""
    return lambda text, **changes: run(sys.executable, "-c", text, **changes)


@pytest.fixture
def pid_in(tmp_path):
    """Wait for a process to write its pid into a file; none outlives the test."""
    pids = []

    def pid_in(name: str = "pid") -> int:
        path = tmp_path / name
        wait_until(lambda: has_pid(path), name)
        pids.append(int(path.read_text()))
        return pids[-1]

    yield pid_in
    for pid in filter(is_alive, pids):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def start_caller(make_spec):
    """Execute an argv in a process of its own, which prints the outcome as JSON."""
    started = []

    def start_caller(*argv: str, **changes) -> subprocess.Popen:
        spec = make_spec(*argv, **changes)
        fields = {"argv": spec.argv, "cwd": str(spec.cwd), "env": ENV}
        for name in ("timeout_s", "grace_s", "fence_s", "beat_s"):
            fields[name] = getattr(spec, name)
        caller = subprocess.Popen(
            [sys.executable, "-c", CALLER, json.dumps(fields)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(caller)
        return caller

    yield start_caller
    for caller in started:
        caller.kill()
        caller.communicate()
