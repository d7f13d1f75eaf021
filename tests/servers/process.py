"""Child processes of tests: none outlives the test process, whatever ends that one."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

T = TypeVar("T")
# Below the range from which systems take the ports of outgoing connections: there, a
# client that keeps trying while its server is down may take the server's port.
PORTS = range(20_000, 32_000)
LAUNCH = Path(__file__).with_name("launch.py")


class ServerMissing(Exception):
    """A server cannot be had on this machine; the message says why."""


def wait_until(condition: Callable[[], T], *, timeout_s: float, what: str) -> T:
    """Return the first true value of `condition`; TimeoutError names `what` it was."""
    deadline = time.monotonic() + timeout_s
    pause = 0.005
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {timeout_s:g} s, and still not: {what}.")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return value


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens now."""
    for _attempt in range(100):
        # Not the module's shared generator: a seeded run would give the same ports to
        # every process.
        port = secrets.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerMissing("No free port was found on 127.0.0.1 in 100 attempts.")


def launched(
    argv: Sequence[str], death_signal: signal.Signals, *, user: str = ""
) -> list[str]:
    """Return the command that becomes `argv`, and ends when its parent does."""
    launch = [sys.executable, "-I", "-S", str(LAUNCH)]
    return [*launch, str(os.getpid()), str(int(death_signal)), user, *argv]


class Child:
    """A process in its own session, with what it says in a file.

    `death_signal` reaches it when the thread that started it ends, so start it from
    one that lasts. With `user`, a name, it runs as that user and without root's groups.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str],
        cwd: Path,
        user: str = "",
        death_signal: signal.Signals = signal.SIGKILL,
    ) -> None:
        self.argv = list(argv)
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                launched(self.argv, death_signal, user=user),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        self.pid = self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        return self._popen.poll()

    def output(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        self._popen.send_signal(number)

    def wait(self, timeout_s: float) -> int:
        """Return the exit code; TimeoutError if it still runs after `timeout_s`."""
        wait_until(
            lambda: not self.alive, timeout_s=timeout_s, what=f"{self.argv[0]} ended"
        )
        assert self._popen.returncode is not None
        return self._popen.returncode

    def kill(self) -> None:
        """Kill this process alone with SIGKILL and wait for its end."""
        self._popen.kill()
        self._popen.wait()

    def tree(self) -> list[psutil.Process]:
        """Return the process and its descendants, as they are now."""
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def signal_tree(self, number: signal.Signals) -> None:
        """Send a signal to the process and to every descendant."""
        send_all(self.tree(), number)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, timeout_s: float) -> int:
        """Ask it to end; whatever of its tree is left after `timeout_s` is killed."""
        tree = self.tree() if self.alive else []
        # What is frozen cannot follow a request to end.
        send_all(tree, signal.SIGCONT)
        self._popen.send_signal(number)
        try:
            self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            tree += self.tree()
        send_all(tree, signal.SIGKILL)
        return self._popen.wait()


def send_all(processes: Sequence[psutil.Process], number: signal.Signals) -> None:
    """Send a signal to processes; psutil refuses where a pid has a new owner."""
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def is_zombie(process: psutil.Process) -> bool:
    """Return whether it has ended; whose duty it is to reap it may take a moment."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def lives(process: psutil.Process) -> bool:
    """Return whether this very process is still there."""
    return process.is_running() and not is_zombie(process)
