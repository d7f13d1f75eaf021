"""The way from a fork of the supervisor to the script.

Every supervisor imports this when it starts, so it imports little itself.
"""

from __future__ import annotations

import os
import resource
import signal

from apps.executor.processes import ON_LINUX, die_with
from apps.executor.protocol import Message, bytes_of, send_event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_OPEN_FDS = "/proc/self/fd" if ON_LINUX else "/dev/fd"


def spawn(
    job: Message, status_fd: int, stdout_fd: int, stderr_fd: int
) -> tuple[int, int]:
    """Fork and run the job's program in a session of its own.

    The child itself tells its pid in a `forked` line, so that whatever dies, nothing of
    the script runs before the worker can know where to look for it.

    Returns its pid and a pipe: it ends empty once the program runs, or holds one
    `spawn_error` line with the `stage` and `errno` of what went wrong. Raises OSError
    when there is no process or descriptor to be had.
    """
    read_fd, report_fd = os.pipe()
    supervisor = os.getpid()
    # A signal that comes before the child has reset its handlers has to wait for it:
    # the supervisor's handlers would swallow it.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        pid = os.fork()
        if pid == 0:
            outputs = (stdout_fd, stderr_fd)
            _become(job, supervisor, status_fd, outputs, report_fd)
    except OSError:
        os.close(read_fd)
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(report_fd)
    return pid, read_fd


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor above stderr that is not in `kept`."""
    with os.scandir(_OPEN_FDS) as entries:
        fds = [int(entry.name) for entry in entries]
    for fd in fds:
        if fd > 2 and fd not in kept:
            _close_if_open(fd)


def _become(
    job: Message,
    supervisor: int,
    status_fd: int,
    outputs: tuple[int, int],
    report_fd: int,
) -> NoReturn:
    stage = "prepare"
    try:
        os.setsid()
        die_with(supervisor)
        send_event(status_fd, "forked", pid=os.getpid())
        _wire(*outputs, report_fd)
        os.umask(job["umask"])
        stage = "chdir"
        os.chdir(bytes_of(job["cwd"]))
        stage = "limits"
        _limit(job["limits"])
        stage = "exec"
        argv = [bytes_of(text) for text in job["argv"]]
        env = {bytes_of(name): bytes_of(value) for name, value in job["env"].items()}
        _reset_signals()
        # There is no shell, which the rule takes for a mistake, and is the point.
        os.execve(argv[0], argv, env)  # noqa: S606
    except Exception as exc:  # noqa: BLE001 - it ends in the run's recorded status
        number = getattr(exc, "errno", None)
        send_event(report_fd, "spawn_error", stage=stage, errno=number, detail=str(exc))
    finally:
        # Whatever happened: this copy of the supervisor must not go on as one.
        os._exit(127)


def _wire(stdout_fd: int, stderr_fd: int, report_fd: int) -> None:
    """Put the script's streams where they belong, and close all else."""
    null_fd = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null_fd, 0)
    os.dup2(stdout_fd, 1)
    os.dup2(stderr_fd, 2)
    close_all_but({report_fd})


def _limit(limits: dict[str, int]) -> None:
    for name, wanted in limits.items():
        which = getattr(resource, name)
        _, hard = resource.getrlimit(which)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (value, value))


def _reset_signals() -> None:
    """Defaults for all: an ignored signal would stay ignored in the script."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _close_if_open(fd: int) -> None:
    try:
        os.close(fd)
    except OSError:
        pass  # The one through which the list was read.
