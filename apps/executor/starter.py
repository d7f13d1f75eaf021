"""How a supervisor comes into being: a fork of the launcher, or a fresh interpreter.

Whoever executes scripts without a cluster has no launcher: there, each supervisor is a
small interpreter of its own, which makes the same promises and takes longer to start.
"""

from __future__ import annotations

import fcntl
import logging
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from apps.executor.launcher_client import LauncherProcess, LauncherUnavailable

logger = logging.getLogger(__name__)

_PROGRAM = Path(__file__).resolve().with_name("supervise.py")

AVOID_S = 30.0
"""For how long a process does without a launcher that failed it once."""

_launcher: list[LauncherProcess] = []
_spare: list[SupervisorProcess] = []
_avoid_until = 0.0


class Starter(Protocol):
    """What either way of starting has to say about the supervisor."""

    pid: int

    def expect(self) -> None: ...
    def kill(self) -> None: ...
    def wait(self) -> int | None: ...
    def leave(self) -> None: ...
    def close(self) -> None: ...


class SupervisorProcess:
    """A supervisor that was started, and the worker's ends of its pipes."""

    def __init__(self, process: Starter, fds: list[int]) -> None:
        self.control_fd, self.status_fd, self.stdout_fd, self.stderr_fd = fds
        self._process = process
        self._fds = fds

    @property
    def pid(self) -> int:
        return self._process.pid

    def expect(self) -> None:
        """Wait until it is there. Raises LauncherUnavailable or OSError."""
        self._process.expect()

    def is_waiting(self) -> bool:
        """Whether one that got no job yet is still there: it says nothing until then."""
        poller = select.poll()
        poller.register(self.status_fd, select.POLLIN)
        return not poller.poll(0)

    def kill(self) -> None:
        """Kill it by force; the launcher, or the kernel, then ends the script."""
        self._process.kill()

    def wait(self) -> int | None:
        """Wait for its end and free its pid; the negative signal if one killed it.

        None when the launcher, who alone would know, has died.
        """
        return self._process.wait()

    def leave(self) -> None:
        """Free its pid; it has said that it ends, and does so by itself."""
        self._process.leave()

    def close(self) -> None:
        """Close the pipes. To a supervisor still there the worker is now dead."""
        self._process.close()
        _close_all(self._fds)
        self._fds = []


class FreshInterpreter:
    """A supervisor that is a child of this process."""

    def __init__(self, fds: list[int]) -> None:
        # Neither its command line nor its environment says anything about the run.
        # stderr stays the worker's: there a supervisor that cannot even start complains.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_PROGRAM), *map(str, fds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={},
            cwd="/",
            pass_fds=fds,
            start_new_session=True,
        )
        self.pid = self._process.pid

    def expect(self) -> None:
        """It is there, or could not have been made."""

    def kill(self) -> None:
        """Kill it by force."""
        self._process.kill()

    def wait(self) -> int:
        """Wait for its end and free its pid."""
        return self._process.wait()

    def leave(self) -> None:
        """Free its pid, which nobody else would."""
        self._process.wait()

    def close(self) -> None:
        """Nothing of it is held."""


def use_launcher(launcher: LauncherProcess | None) -> None:
    """From now on start supervisors by this launcher, here and in forks; None: without.

    Called by a cluster's main process before it forks.
    """
    global _avoid_until
    _launcher[:] = [launcher] if launcher else []
    while _spare:
        _discard_spare()
    _avoid_until = 0.0


def ask_for_supervisor() -> None:
    """Ask the launcher for the next supervisor, without waiting for it.

    Called while a script starts: when it has ended, the next run may be waiting.
    """
    if _spare and not _spare[0].is_waiting():
        _discard_spare()
    if not _spare:
        _spare.extend(_ask())


def prepare_supervisor() -> None:
    """See that the next supervisor is there and waits for its job, as for its go.

    Called by a slot that waits. Where there is no launcher, or it cannot fork or does
    not answer, the next run starts its own.
    """
    ask_for_supervisor()
    try:
        if _spare and not _is_there(_spare[0]):
            _spare.clear()
    except OSError as exc:
        _spare.clear()
        logger.warning("No supervisor could be started ahead: %s", exc)


def start_supervisor() -> SupervisorProcess:
    """Start a supervisor that waits for its job. Raises OSError.

    It is forked by the launcher where there is one that answers; maybe it was before.
    """
    ask_for_supervisor()
    if _spare and _is_there(asked := _spare.pop()):
        return asked
    return _start(FreshInterpreter)


def _ask() -> list[SupervisorProcess]:
    """Return a supervisor that the launcher was asked for; none where it is avoided."""
    for launcher in _launcher if time.monotonic() >= _avoid_until else ():
        try:
            return [_start(launcher.fork_supervisor)]
        except LauncherUnavailable as exc:
            _avoid_launcher(exc)
    return []


def _is_there(asked: SupervisorProcess) -> bool:
    """Wait for the launcher's answer; one that does not come closes the pipes.

    Should a frozen launcher wake up and fork one after all, that one finds nobody at
    its control pipe. Raises OSError when the launcher answers that it cannot fork.
    """
    try:
        asked.expect()
    except LauncherUnavailable as exc:
        asked.close()
        _avoid_launcher(exc)
        return False
    except OSError:
        asked.close()
        raise
    return True


def _avoid_launcher(exc: LauncherUnavailable) -> None:
    """Do without the launcher for a while: each wait for a frozen one costs ANSWER_S."""
    global _avoid_until
    _avoid_until = time.monotonic() + AVOID_S
    # For a claimed run that is no reason to fail.
    logger.warning("%s For %g s, supervisors are fresh interpreters.", exc, AVOID_S)


def _discard_spare() -> None:
    """Let go of a spare supervisor that died while nobody needed it."""
    _spare.pop().close()


def _start(start: Callable[[list[int]], Starter]) -> SupervisorProcess:
    """Start one with pipes of its own.

    No end of a pipe is inheritable, so runs that start at the same time elsewhere in
    this process do not hold each other's pipes open.
    """
    ours: list[int] = []
    theirs: list[int] = []
    try:
        # Control, status, stdout, stderr: the first is written here, the others there.
        for reading, writing in ((theirs, ours), *[(ours, theirs)] * 3):
            _pipe(reading, writing)
        return SupervisorProcess(start(theirs), ours)
    except BaseException:
        _close_all(ours)
        raise
    finally:
        _close_all(theirs)


def _pipe(reading: list[int], writing: list[int]) -> None:
    """Make a pipe, and add each of its ends to a list."""
    for fds, fd in zip((reading, writing), os.pipe(), strict=True):
        fds.append(fd)
    for fds in (reading, writing):
        fds[-1] = _above_stderr(fds[-1])


def _close_all(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)


def _above_stderr(fd: int) -> int:
    """The same file above 2: a worker may have closed its standard streams."""
    if fd > 2:
        return fd
    high_fd = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(fd)
    return high_fd
