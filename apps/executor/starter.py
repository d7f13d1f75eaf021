"""How a supervisor comes into being: here as a fresh, small interpreter per run."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

_PROGRAM = Path(__file__).resolve().with_name("supervise.py")


class SupervisorProcess:
    """A supervisor that was started, and the worker's ends of its pipes."""

    def __init__(
        self, process: subprocess.Popen[bytes], fds: list[int], to_close: ExitStack
    ) -> None:
        self.pid = process.pid
        self.control_fd, self.status_fd, self.stdout_fd, self.stderr_fd = fds
        self._process = process
        self._to_close = to_close

    def kill(self) -> None:
        """Kill it by force; the kernel then kills the script's first process."""
        self._process.kill()

    def wait(self) -> int:
        """Wait for its end and free its pid; the negative signal if one killed it."""
        return self._process.wait()

    def close(self) -> None:
        """Close the pipes. To a supervisor still there the worker is now dead."""
        self._to_close.close()


def start_supervisor() -> SupervisorProcess:
    """Start a supervisor that waits for its job. Raises OSError.

    No end of a pipe is inheritable, so runs that start at the same time elsewhere in
    this process do not hold each other's pipes open.
    """
    with ExitStack() as ours, ExitStack() as theirs:
        control = _pipe(theirs, ours)
        incoming = [_pipe(ours, theirs) for _ in ("status", "stdout", "stderr")]
        process = _start_interpreter([control[0], *(end for _, end in incoming)])
        fds = [control[1], *(end for end, _ in incoming)]
        return SupervisorProcess(process, fds, ours.pop_all())


def _start_interpreter(fds: list[int]) -> subprocess.Popen[bytes]:
    # Neither its command line nor its environment says anything about the run.
    # stderr stays the worker's: there a supervisor that cannot even start complains.
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_PROGRAM), *map(str, fds)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={},
        cwd="/",
        pass_fds=fds,
        start_new_session=True,
    )


def _pipe(reading: ExitStack, writing: ExitStack) -> tuple[int, int]:
    """A pipe whose ends the two stacks close."""
    read_fd, write_fd = os.pipe()
    reading.callback(os.close, read_fd)
    writing.callback(os.close, write_fd)
    return _above_stderr(read_fd, reading), _above_stderr(write_fd, writing)


def _above_stderr(fd: int, stack: ExitStack) -> int:
    """The same file above 2: a worker may have closed its standard streams."""
    if fd > 2:
        return fd
    high_fd = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    stack.callback(os.close, high_fd)
    return high_fd
