"""The way from a fork of the supervisor to the script.

Every supervisor imports this when it starts, so it imports little itself.
"""

from __future__ import annotations

import errno
import os
import resource
import signal

from apps.executor.processes import ON_LINUX, close_range, die_with
from apps.executor.protocol import Message, send_event, send_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_OPEN_FDS = "/proc/self/fd" if ON_LINUX else "/dev/fd"


# What a terminal or a careless `kill` sends, and what Python ignores by itself.
_DEAF_TO = (
    signal.SIGINT,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGPIPE,
    signal.SIGXFSZ,
    signal.SIGALRM,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
)
_HEARD = (signal.SIGTERM, signal.SIGCHLD)
# Limits with which a supervisor can go on, and how many files it opens at most.
_HARMLESS = {"RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE"}
_ENOUGH_FILES = 64
_LAST_FD = 2**31 - 1


def handle_signals() -> None:
    """Let no signal end this process, a supervisor or its launcher.

    By handlers, not by ignoring them: exec ends a handler, while a signal that is
    ignored here, or was so by whoever started this, would stay ignored in the script.
    """
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        is_ours = number in _DEAF_TO or number in _HEARD
        signal.signal(number, be_woken if is_ours else signal.SIG_DFL)


def hold_signals() -> None:
    """Let SIGTERM and SIGCHLD wait until `let_signals`, also in a fork made meanwhile.

    A byte for the pipe of the handlers here would be lost to those of the fork. Only
    these two: Python makes an object of each signal of a mask.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)


def let_signals() -> None:
    """Let what waited come, and whatever was blocked by who started this process."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def be_woken(number: int, frame: object) -> None:
    """Nothing to do: the byte in the pipe is what counts."""


class SpawnError(Exception):
    """The job's program could not be started; `stage` says what did not work."""

    def __init__(self, stage: str, cause: OSError) -> None:
        super().__init__(str(cause))
        self.stage = stage
        self.errno = cause.errno


def can_spawn(job: Message) -> bool:
    """Whether `spawn` is enough for a job: its limits do not hinder this process."""
    limits = job["limits"]
    return (
        ON_LINUX
        and limits.keys() <= _HARMLESS
        and limits.get("RLIMIT_NOFILE", _ENOUGH_FILES) >= _ENOUGH_FILES
    )


def spawn(job: Message, stdout_fd: int, stderr_fd: int) -> int:
    """Run the job's program in a session of its own, without a fork of this process.

    Nothing is copied, which makes it the cheaper way by far. But the kernel does not
    end the program with this process: somebody else has to sweep up then. For a process
    that does nothing else, since umask and limits become its own, and whose descriptors
    above stderr are not inheritable.

    Returns its pid. Raises SpawnError.
    """
    program = _Program(job)
    stage, stdin_fd = "stdin", -1
    try:
        stdin_fd = _open_stdin(job["stdin"])
        stage = "chdir"
        os.chdir(program.cwd)
        stage = "limits"
        program.limit()
        stage = "exec"
        return os.posix_spawn(
            program.argv[0],
            program.argv,
            program.env,
            file_actions=(
                (os.POSIX_SPAWN_DUP2, stdin_fd, 0),
                (os.POSIX_SPAWN_DUP2, stdout_fd, 1),
                (os.POSIX_SPAWN_DUP2, stderr_fd, 2),
            ),
            setsid=True,
            setsigmask=(),
        )
    except OSError as exc:
        raise SpawnError(stage, exc) from exc
    finally:
        if stdin_fd >= 0:
            os.close(stdin_fd)
        os.chdir("/")


def fork(
    job: Message, status_fd: int, stdout_fd: int, stderr_fd: int
) -> tuple[int, int]:
    """Fork and run the job's program in a session of its own.

    It ends when this process does.

    The child itself tells its pid in a `forked` line, so that whatever dies, nothing of
    the script runs before the worker can know where to look for it.

    Returns its pid and a pipe: it ends empty once the program runs, or holds one
    `spawn_error` line with the `stage` and `errno` of what went wrong. Raises OSError
    when there is no process or descriptor to be had.
    """
    program = _Program(job)
    stdin_fd = _open_stdin(job["stdin"])
    read_fd, report_fd = os.pipe()
    supervisor = os.getpid()
    # A signal that comes before the exec has to wait for it: the supervisor's handlers
    # would swallow it.
    hold_signals()
    try:
        pid = os.fork()
        if pid == 0:
            streams = (stdin_fd, stdout_fd, stderr_fd)
            _become(program, supervisor, status_fd, streams, report_fd)
    except OSError:
        os.close(read_fd)
        raise
    finally:
        let_signals()
        os.close(stdin_fd)
        os.close(report_fd)
    return pid, read_fd


class _Program:
    """What is to run, ready for exec: what the child touches, it has to copy."""

    def __init__(self, job: Message) -> None:
        self.argv: list[bytes] = job["argv"]
        self.env: dict[bytes, bytes] = job["env"]
        self.cwd: bytes = job["cwd"]
        self.umask: int = job["umask"]
        self.limits = [_limit(*limit) for limit in job["limits"].items()]

    def limit(self) -> None:
        """Give this process what is left of rights and resources."""
        os.umask(self.umask)
        for which, value in self.limits:
            resource.setrlimit(which, (value, value))


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor above stderr that is not in `kept`."""
    first = 3
    for fd in sorted(kept):
        if fd >= first:
            if fd > first and not close_range(first, fd - 1):
                _close_one_by_one(kept)
                return
            first = fd + 1
    if not close_range(first, _LAST_FD):
        _close_one_by_one(kept)


def _close_one_by_one(kept: set[int]) -> None:
    with os.scandir(_OPEN_FDS) as entries:
        fds = [int(entry.name) for entry in entries]
    for fd in fds:
        if fd > 2 and fd not in kept:
            _close_if_open(fd)


def _become(
    program: _Program,
    supervisor: int,
    status_fd: int,
    streams: tuple[int, int, int],
    report_fd: int,
) -> NoReturn:
    stage = "prepare"
    try:
        os.setsid()
        die_with(supervisor)
        send_line(status_fd, b'{"event": "forked", "pid": %d}\n' % os.getpid())
        _wire(*streams, report_fd)
        stage = "chdir"
        os.chdir(program.cwd)
        stage = "limits"
        program.limit()
        stage = "exec"
        # A request to end that came meanwhile is not for the supervisor's handler.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        let_signals()
        # There is no shell, which the rule takes for a mistake, and is the point.
        os.execve(program.argv[0], program.argv, program.env)  # noqa: S606
    except Exception as exc:  # noqa: BLE001 - it ends in the run's recorded status
        number = getattr(exc, "errno", None)
        send_event(report_fd, "spawn_error", stage=stage, errno=number, detail=str(exc))
    finally:
        # Whatever happened: this copy of the supervisor must not go on as one.
        os._exit(127)


def _open_stdin(data: bytes) -> int:
    """Return what the script is to read: a pipe that holds `data`, and then ends."""
    if not data:
        return os.open(os.devnull, os.O_RDONLY)
    read_fd, write_fd = os.pipe()
    try:
        # A pipe of a user who has too many is small; to wait for a reader would be to
        # wait for what comes only after this.
        os.set_blocking(write_fd, False)
        written = os.write(write_fd, data)
        if written < len(data):
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    except OSError:
        os.close(read_fd)
        raise
    finally:
        os.close(write_fd)
    return read_fd


def _wire(stdin_fd: int, stdout_fd: int, stderr_fd: int, report_fd: int) -> None:
    """Put the script's streams where they belong, and close all else."""
    os.dup2(stdin_fd, 0)
    os.dup2(stdout_fd, 1)
    os.dup2(stderr_fd, 2)
    close_all_but({report_fd})


def _limit(name: str, wanted: int) -> tuple[int, int]:
    """The limit of that name and the value for it: no more than the present one."""
    which = getattr(resource, name)
    _, hard = resource.getrlimit(which)
    return which, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _close_if_open(fd: int) -> None:
    try:
        os.close(fd)
    except OSError:
        pass  # The one through which the list was read.
