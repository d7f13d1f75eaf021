"""The parts that the tests are run in: what each takes, and the queue they wait in."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from typing import IO, Self

from tests.servers.process import launched

LOOK_S = 0.1
STOP_S = 30
NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Part:
    """Tests that one process runs; `env` is added to the environment."""

    name: str
    arguments: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How one part went, as a sentence."""

    ok: bool
    sentence: str


def shares(files: Iterable[Path], count: int) -> list[list[str]]:
    """Return the files in lists that take about as long: by how much they hold."""
    lists: list[list[str]] = [[] for _number in range(count)]
    sizes = [0] * count
    for size, name in sorted(((f.stat().st_size, str(f)) for f in files), reverse=True):
        shortest = sizes.index(min(sizes))
        lists[shortest].append(name)
        sizes[shortest] += size
    return [names for names in lists if names]


def mixed(*kinds: Sequence[Part]) -> list[Part]:
    """Return the parts of all kinds, each kind spread over the whole queue.

    Some compute and others wait, so that it is best to have unlike ones side by side.
    """
    turns = chain.from_iterable(zip_longest(*kinds))
    return [part for part in turns if part is not None]


def run_parts(parts: Iterable[Part], *, lanes: int) -> list[Outcome]:
    """Run the parts, so many at a time; the next one begins when one has ended."""
    waiting, running, outcomes = deque(parts), list[Running](), list[Outcome]()
    with contextlib.ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < lanes:
                running.append(stack.enter_context(Running(waiting.popleft())))
            for part in [part for part in running if part.has_ended]:
                running.remove(part)
                outcomes.append(part.outcome())
            time.sleep(LOOK_S)
    return outcomes


class Running:
    """A part that runs beside others; a context manager that ends it."""

    def __init__(self, part: Part) -> None:
        print(f"Running the tests of {part.name} ...", flush=True)
        self._name = part.name
        self._began = time.monotonic()
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._child = start_pytest([*part.arguments, "-q"], part.env, self._output)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._child.poll() is None:
            end(self._child, patience_s=0)
        self._output.close()

    @property
    def has_ended(self) -> bool:
        return self._child.poll() is not None

    def outcome(self) -> Outcome:
        """Wait for its end, show what it said, and return how it went."""
        code = self._child.wait()
        self._output.seek(0)
        print(f"The tests of {self._name} said:\n{self._output.read()}", flush=True)
        return outcome_of(self._name, code, self._began)


def outcome_of(name: str, code: int, began: float) -> Outcome:
    """Return how tests went that ended with this code just now."""
    word = "FAILED" if code else "Passed"
    return Outcome(code == 0, f"{word}: {name} in {time.monotonic() - began:.0f} s.")


def run_alone(part: Part) -> Outcome:
    """Run a part whose output is shown as it comes."""
    print(f"Running the tests of {part.name} ...", flush=True)
    began = time.monotonic()
    # A process of its own: settings are read once a process.
    child = start_pytest(part.arguments, part.env)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        # Ctrl-C reached it too; a SIGINT for this process alone did not.
        end(child, patience_s=2)
        raise
    except SystemExit:
        end(child, patience_s=0)
        raise
    if code == NOTHING_COLLECTED:
        return Outcome(True, f"Nothing to run: {part.name}.")
    return outcome_of(part.name, code, began)


def start_pytest(
    arguments: Sequence[str], env: Mapping[str, str], output: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    """Start pytest, which ends when this process does."""
    return subprocess.Popen(
        launched([sys.executable, "-m", "pytest", *arguments], signal.SIGTERM),
        env={**os.environ, **env},
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
    )


def end(child: subprocess.Popen[bytes], *, patience_s: float) -> None:
    """See that pytest ends, after it has ended its own servers and hubs."""
    try:
        child.wait(patience_s)
    except subprocess.TimeoutExpired:
        child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
