"""What can be asked of `execute`, and what it answers."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# What every kernel keeps of a pipe that nobody reads yet.
MAX_STDIN_BYTES = 16 * 1024


class SpecError(ValueError):
    """An execution is described in a way that can never start; the text says why."""


class Stream(enum.StrEnum):
    """The stream of the script a block of output came from."""

    STDOUT = "stdout"
    STDERR = "stderr"


class Directive(enum.Enum):
    """What `beat` or `tick` wants to happen to the script."""

    CONTINUE = "continue"
    STOP = "stop"
    """End it politely: SIGTERM to all of it, `grace_s` later SIGKILL."""
    ABANDON = "abandon"
    """Kill it at once: the run belongs to somebody else by now."""


class Cause(enum.Enum):
    """Why an execution ended; the first reason wins."""

    EXITED = "exited"
    SIGNALLED = "signalled"
    TIMEOUT = "timeout"
    STOPPED = "stopped"
    ABANDONED = "abandoned"
    SPAWN_FAILED = "spawn_failed"
    LOST = "lost"
    """The supervisor died, or killed the script because the worker stood still."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Resource limits of the script and of each process it starts.

    Soft and hard limit alike; None leaves the worker's own. A value above the worker's
    hard limit is cut down to it. `processes` counts all processes of the user, and does
    not bind root.
    """

    core_bytes: int | None = 0
    open_files: int | None = 1024
    file_bytes: int | None = None
    memory_bytes: int | None = None
    processes: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExecutionSpec:
    """One execution: an argument list, never a shell, in its whole environment.

    `timeout_s` counts from the start of the script. `grace_s` is the time between
    SIGTERM and SIGKILL. When the worker has not fed the supervisor for `fence_s`, the
    supervisor kills the script at once; `beat_s` is how often `beat` is called. All
    times are seconds of the monotonic clock. `stdin` is all that the script finds on its
    standard input, at most MAX_STDIN_BYTES; empty, that is /dev/null. Raises SpecError.
    """

    argv: tuple[str, ...]
    cwd: Path
    # Neither is shown with the rest: they may hold secrets.
    env: Mapping[str, str] = field(repr=False)
    stdin: bytes = field(default=b"", repr=False)
    timeout_s: float
    grace_s: float = 10.0
    fence_s: float = 15.0
    beat_s: float = 5.0
    umask: int = 0o077
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not self.argv:
            raise SpecError("argv is empty; it needs at least the program.")
        if not self.argv[0].startswith("/"):
            raise SpecError(f"argv[0] is {self.argv[0]!r}; give an absolute path.")
        if not self.cwd.is_absolute():
            raise SpecError(f"cwd is {str(self.cwd)!r}; give an absolute path.")
        if len(self.stdin) > MAX_STDIN_BYTES:
            raise SpecError(
                f"stdin has {len(self.stdin)} bytes; at most {MAX_STDIN_BYTES} are taken."
            )
        if not self.timeout_s > 0:
            raise SpecError(f"timeout_s is {self.timeout_s}; it must be above 0.")
        if not self.grace_s >= 0:
            raise SpecError(f"grace_s is {self.grace_s}; it must not be negative.")
        if not 0 < self.beat_s < self.fence_s:
            raise SpecError(
                f"beat_s is {self.beat_s} and fence_s {self.fence_s}; beats must come "
                "more often than the fence closes."
            )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an execution ended. No process of the script is alive when it is returned.

    `exit_code` or `signal` say how the script itself (its first process) ended, also
    after a timeout or a stop; both are None when nobody saw it end. `error` is a
    technical sentence for SPAWN_FAILED and LOST, "" otherwise. `began` tells whether
    "go" was sent: False means that the script provably never ran. `cpu_s` (user and
    system time) and `max_rss_bytes` (the largest process, not their sum, and never less
    than the supervisor's own few MB) count all processes of the script. `started_at`
    and `finished_at` are seconds since the epoch; the latter is the end of the script's
    first process, and stragglers may have taken a little longer.
    """

    cause: Cause
    exit_code: int | None = None
    signal: int | None = None
    error: str = ""
    began: bool = False
    cpu_s: float | None = None
    max_rss_bytes: int | None = None
    started_at: float | None = None
    finished_at: float | None = None
