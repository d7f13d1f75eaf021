"""`manage.py up`: a portal and a worker, started, looked after and ended by one process.

The only module of the hub besides apps/executor that starts processes.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings

from apps.core.errors import HubError
from apps.executor import processes
from apps.system.up_console import Console
from apps.system.up_port import HOST
from apps.system.up_signals import Signals

FOLDER = Path(__file__).resolve().parent
LAUNCH = FOLDER / "up_launch.py"
GUNICORN_CONFIG = FOLDER / "up_gunicorn.py"
MANAGE = FOLDER.parents[1] / "manage.py"
LOOPBACK = "127.0.0.0/8,::1"
DRAIN_S = 3.0
# What stopping may take beyond draining: scripts' SIGTERM and SIGKILL, last writes.
STOP_MARGIN_S = 4.0
KILL_S = 2.0
LONGEST_PAUSE_S = 30.0
# Whoever ran for so long is not in a loop of failures.
STEADY_S = 60.0
START_ATTEMPTS = 3
PROBE_S = 0.1
LOOK_S = 0.5

Process = subprocess.Popen[bytes]


class UpFailed(HubError):
    """The hub does not come up, or something of it could not be ended."""

    code = "up_failed"


def launch(
    argv: Sequence[str], *, env: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> Process:
    """Start a program whose output is in `stdout`; raises OSError.

    It leads a session of its own, so that a terminal's Ctrl-C does not reach it, and is
    killed when the calling thread ends: call this from the main one.
    """
    launcher = [sys.executable, "-I", "-S", str(LAUNCH), str(os.getpid())]
    return subprocess.Popen(
        [*launcher, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(env),
        pass_fds=pass_fds,
        start_new_session=True,
    )


def is_set(name: str) -> bool:
    """Say whether the environment has this setting; an empty one counts too."""
    return name in os.environ or f"{name}_FILE" in os.environ


def drain_s() -> float:
    """Return how many seconds the worker gives its runs when it is told to stop."""
    return settings.DRAIN_SECONDS if is_set("DRAIN_SECONDS") else DRAIN_S


def child_environment() -> dict[str, str]:
    """Return this process's environment, with what differs under `up`."""
    env = dict(os.environ)
    # Meant for another project's gunicorn.
    env.pop("GUNICORN_CMD_ARGS", None)
    if not is_set("ANONYMOUS_API"):
        env["ANONYMOUS_API"] = LOOPBACK
    if not is_set("DRAIN_SECONDS"):
        env["DRAIN_SECONDS"] = f"{DRAIN_S:g}"
    return env | {"PYTHONUNBUFFERED": "1"}


def portal_argv(listener: socket.socket) -> list[str]:
    """Return the command that serves on a listening socket, which it inherits."""
    return [
        *(sys.executable, "-m", "gunicorn", "automation_hub.wsgi:application"),
        *("--config", f"file:{GUNICORN_CONFIG}"),
        *("--bind", f"fd://{listener.fileno()}"),
    ]


def worker_argv() -> list[str]:
    """Return the command of one worker."""
    return [sys.executable, str(MANAGE), "qcluster"]


def answers(port: int) -> bool:
    """Say whether the portal on a port of HOST answers, within LOOK_S."""
    connection = http.client.HTTPConnection(HOST, port, timeout=LOOK_S)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Service:
    """A child that is started again when it ends: after 1 s, 2, 4 … at most 30."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        console: Console,
        pass_fds: Sequence[int] = (),
        attempts: int | None = None,
    ) -> None:
        self.name = name
        self.argv = argv
        self.env = env
        self.console = console
        self.pass_fds = pass_fds
        self.process: Process | None = None
        self.started_at = 0.0
        self.due_at = 0.0
        self.failures = 0
        self._attempts = attempts

    @property
    def hopeless(self) -> bool:
        """Whether it ended `attempts` times and was never seen at work."""
        return self._attempts is not None and self.failures >= self._attempts

    def works(self) -> None:
        """Take note that it was seen at work: it is not hopeless from now on."""
        self._attempts = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self) -> None:
        """Take note if it has ended; start it if it is due."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due_at:
                self._start(now)
        elif (status := self.process.poll()) is not None:
            self.process = None
            self._plan(now, _how_it_ended(status))

    def _start(self, now: float) -> None:
        self.started_at = now
        try:
            process = launch(self.argv, env=self.env, pass_fds=self.pass_fds)
        except OSError as exc:
            self._plan(now, f"could not be started: {exc.strerror}")
            return
        self.process = process
        assert process.stdout is not None
        self.console.follow(self.name, process.stdout)

    def _plan(self, now: float, what_happened: str) -> None:
        if now - self.started_at >= STEADY_S:
            self.failures = 0
        pause_s = min(2.0**self.failures, LONGEST_PAUSE_S)
        self.failures += 1
        self.due_at = now + pause_s
        next_step = f"; starting it again in {pause_s:g} s"
        if self.hopeless:
            next_step = ""
        self.console.report(f"The {self.name} {what_happened}{next_step}.")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the child alone, if there is one."""
        if self.process is not None:
            self.process.send_signal(number)


class Embedded:
    """One portal and one worker, and the loop that looks after both."""

    def __init__(
        self, listener: socket.socket, *, console: Console, signals: Signals
    ) -> None:
        env = child_environment()
        self.port: int = listener.getsockname()[1]
        self.console = console
        self.signals = signals
        self.portal = Service(
            "portal",
            portal_argv(listener),
            env=env,
            console=console,
            pass_fds=[listener.fileno()],
            attempts=START_ATTEMPTS,
        )
        self.worker = Service("worker", worker_argv(), env=env, console=console)
        self.services = (self.portal, self.worker)

    def run(self, announcement: Sequence[str]) -> None:
        """Serve until a signal asks for the end; nothing is left when this returns.

        `announcement` is printed once the portal answers. Raises UpFailed.
        """
        processes.adopt_orphans()
        try:
            self._come_up()
            if not self.signals.count:
                for line in announcement:
                    self.console.say(line)
            while not self.signals.count:
                self._tend()
                self.signals.wait(LOOK_S)
        finally:
            left = self._stop()
        if left:
            pids = ", ".join(map(str, left))
            raise UpFailed(
                f"Could not end the process(es) {pids}; look at them by hand."
            )

    def _come_up(self) -> None:
        while not self.signals.count:
            self._tend()
            if self.portal.hopeless:
                raise UpFailed(
                    f"The portal ended {START_ATTEMPTS} times before it answered; what "
                    "it said is above."
                )
            if self.portal.alive and answers(self.port):
                self.portal.works()
                return
            self.signals.wait(PROBE_S)

    def _tend(self) -> None:
        for service in self.services:
            service.tend()
        self._reap_orphans()

    def _reap_orphans(self) -> None:
        """Free the pids of the dead that were left to us by the children."""
        own = {service.process.pid for service in self.services if service.process}
        while processes.ON_LINUX:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if found is None or found.si_pid in own:
                return
            os.waitpid(found.si_pid, 0)

    def _stop(self) -> list[int]:
        """End everything, kindly for a while; returns the pids that resist."""
        asked = self.signals.count
        self.console.say("Stopping ...")
        for service in self.services:
            service.signal(signal.SIGTERM)
        give_up_at = time.monotonic() + drain_s() + STOP_MARGIN_S
        while any(service.alive for service in self.services):
            # A second signal is somebody who does not want to wait.
            if time.monotonic() >= give_up_at or self.signals.count > max(asked, 1):
                self.console.report("Killing what has not ended yet.")
                break
            self._reap_orphans()
            self.signals.wait(PROBE_S)
        return self._kill()

    def _kill(self) -> list[int]:
        """Kill the children and all below them, at any depth."""
        give_up_at = time.monotonic() + KILL_S
        while left := self._left():
            if time.monotonic() >= give_up_at:
                break
            processes.kill(left)
            self.signals.wait(PROBE_S / 10)
        return [process.pid for process in left]

    def _left(self) -> list[processes.Process]:
        if not processes.ON_LINUX:
            for service in self.services:
                if service.process is not None:
                    processes.sweep_session(service.process.pid, 0)
                    service.process.wait()
            return []
        for service in self.services:
            _ = service.alive
        self._reap_orphans()
        return processes.descendants(os.getpid())


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status}"
    names = {number.value: number.name for number in signal.Signals}
    return f"was killed by {names.get(-status, f'signal {-status}')}"
