"""Watching processes from outside, with deadlines."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="needs /proc, or what only Linux promises"
)

PATIENCE_S = 20.0


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    """Fail unless `condition` turns true within PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, what or "the condition never came true"
        time.sleep(0.01)


def state_of(pid: int) -> str:
    """The letter that /proc has for it; "" when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat.rpartition(")")[2].split()[0]


def is_alive(pid: int) -> bool:
    return state_of(pid) not in ("", "Z", "X")


def parent_of(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def open_fds() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def child_pids() -> list[str]:
    return Path("/proc/thread-self/children").read_text().split()


def has_pid(path: Path) -> bool:
    """Whether a process has written its pid there: the file is made before that."""
    return path.exists() and path.read_text().endswith("\n")
