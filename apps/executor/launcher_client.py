"""A cluster's side of its launcher: starting it, and asking it for supervisors."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from pathlib import Path

from apps.executor.launcher import NUMBER_BYTES, SUPERVISOR

ANSWER_S = 5.0
"""How long a launcher may take to answer, before it is held for frozen."""

# Beyond what the launcher itself waits for the remains of a supervisor.
_STATUS_S = 30.0
_PROGRAM = Path(__file__).resolve().with_name("launch.py")


class LauncherUnavailable(Exception):
    """The launcher is dead or does not answer; what was asked for will not start."""


class LauncherProcess:
    """A launcher that was started; forks of the process that did can ask it too."""

    def __init__(
        self, process: subprocess.Popen[bytes], requests: socket.socket
    ) -> None:
        self.pid = process.pid
        self._process = process
        self._requests = requests

    def is_alive(self) -> bool:
        """Whether it still runs. For the process that started it only."""
        return self._process.poll() is None

    def fork_supervisor(self, fds: list[int]) -> LaunchedSupervisor:
        """Ask for a supervisor with these ends of its four pipes; do not wait for it.

        Raises LauncherUnavailable.
        """
        reply, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self._ask([theirs.fileno(), *fds])
        except BaseException:
            reply.close()
            raise
        return LaunchedSupervisor(reply)

    def close(self) -> None:
        """Kill it, and with it every run that it started; then free its pid."""
        self._requests.close()
        self._process.kill()
        self._process.wait()

    def _ask(self, fds: list[int]) -> None:
        try:
            socket.send_fds(self._requests, [SUPERVISOR], fds)
        except (ConnectionError, TimeoutError) as exc:
            raise LauncherUnavailable(f"The launcher takes no requests: {exc}") from exc


class LaunchedSupervisor:
    """A supervisor that is the launcher's child, and the socket that tells of it.

    Its `pid` is 0 until `expect` has returned.
    """

    def __init__(self, reply: socket.socket) -> None:
        self.pid = 0
        self._reply = reply

    def expect(self) -> None:
        """Wait until it is there, if that is not known yet.

        Raises LauncherUnavailable, or OSError if the launcher cannot fork either.
        """
        if self.pid:
            return
        self._reply.settimeout(ANSWER_S)
        pid = _number(self._reply)
        if pid is None:
            raise LauncherUnavailable("The launcher did not answer.")
        if pid < 0:
            raise OSError(-pid, os.strerror(-pid))
        self.pid = pid

    def kill(self) -> None:
        """Have it killed by force, unless it, or the launcher, has ended by itself."""
        try:
            self._reply.send(b"k")
        except ConnectionError:
            pass

    def wait(self) -> int | None:
        """Wait for its end, and for that of all that it left behind.

        Returns the exit code, or the negative signal that killed it; None when the
        launcher died or did not tell in time.
        """
        self._reply.settimeout(_STATUS_S)
        status = _number(self._reply)
        return None if status is None else os.waitstatus_to_exitcode(status)

    def leave(self) -> None:
        """Leave it to the launcher to free its pid."""

    def close(self) -> None:
        """Close the socket; the supervisor is not concerned."""
        self._reply.close()


def start_launcher() -> LauncherProcess:
    """Start a launcher, which does not outlive this process. Raises OSError.

    Linux only: elsewhere nothing adopts what a dead supervisor leaves. Called before
    the cluster forks its parts, in the thread that lives as long as the process.
    """
    requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    requests.settimeout(ANSWER_S)
    with theirs:
        # Above stderr, also where the cluster has no standard streams.
        fd = fcntl.fcntl(theirs, fcntl.F_DUPFD_CLOEXEC, 3)
    try:
        return LauncherProcess(_start_interpreter(fd), requests)
    except BaseException:
        requests.close()
        raise
    finally:
        os.close(fd)


def _start_interpreter(requests_fd: int) -> subprocess.Popen[bytes]:
    # stderr stays the cluster's: there supervisors that cannot start complain.
    return subprocess.Popen(
        [
            *(sys.executable, "-I", "-S", str(_PROGRAM)),
            *(str(requests_fd), str(os.getpid())),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={},
        cwd="/",
        pass_fds=[requests_fd],
        start_new_session=True,
    )


def _number(reply: socket.socket) -> int | None:
    """The next number that the launcher tells; None when there is none to come."""
    try:
        data = reply.recv(NUMBER_BYTES)
    except (ConnectionError, TimeoutError):
        return None
    return int.from_bytes(data, "big", signed=True) if data else None
