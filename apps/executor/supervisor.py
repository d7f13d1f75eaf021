"""The supervisor of one run: a small process that nothing of the script outlives.

It is the parent of the script, adopts whatever the script orphans, keeps the time, and
is the fence: it ends the script when the worker asks for it, stands still for too long,
or is gone. It sits in a session of its own, so that neither a terminal's Ctrl-C nor a
signal to the worker's group reaches it; SIGTERM to it is a polite stop.

Start-up time of every run is spent here: import nothing that is not needed, and no
threads, because the parent-death signal belongs to the thread that forked.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from apps.executor import protocol
from apps.executor.child import (
    SpawnError,
    can_spawn,
    close_all_but,
    fork,
    handle_signals,
    let_signals,
    spawn,
)
from apps.executor.processes import (
    ON_LINUX,
    adopt_orphans,
    group_exists,
    kill_tree,
    name_process,
    terminate_tree,
)
from apps.executor.protocol import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from resource import struct_rusage
    from typing import NoReturn

LEFTOVER_GRACE_S = 2.0
"""What outlives the script's first process gets this long, or `grace_s` if shorter."""

_NEVER = float("inf")
_FIRST_PAUSE_S = 0.01
_LONGEST_PAUSE_S = 0.5
_LONGEST_WAIT_S = 3600.0
# Without orphans to adopt (macOS) no signal tells when the last process is gone.
_LONGEST_BLIND_WAIT_S = 0.1
_RSS_UNIT = 1024 if ON_LINUX else 1


def main(
    control_fd: int,
    status_fd: int,
    stdout_fd: int,
    stderr_fd: int,
    launcher_fd: int = -1,
) -> NoReturn:
    """Supervise one run, told and watched through the pipes; then exit.

    Called by a fresh interpreter, and by the launcher in a fork: `launcher_fd` is then
    a pipe that ends when the launcher does. All descriptors must be above 2; every
    other one above 2 is closed, because a copy of another run's control pipe would hide
    the death of that run's worker.
    """
    code = 70
    try:
        kept = {control_fd, status_fd, stdout_fd, stderr_fd, launcher_fd} - {-1}
        close_all_but(kept)
        for fd in kept:
            os.set_inheritable(fd, False)
        if os.getsid(0) != os.getpid():
            os.setsid()
        os.chdir("/")
        name_process("hub-spare")
        adopt_orphans()
        wakeup_fd = _listen_to_signals(is_fork=launcher_fd >= 0)
        job = protocol.read_job(control_fd)
        if job is not None:
            name_process("hub-supervisor")
            supervisor = Supervisor(job, control_fd, status_fd, wakeup_fd, launcher_fd)
            supervisor.run(stdout_fd, stderr_fd)
        code = 0
    except BaseException:  # noqa: BLE001 - shown, and the worker reports the exit code
        sys.excepthook(*sys.exc_info())
    finally:
        # Not sys.exit: it would take longer, and in a fork run what the parent planned.
        os._exit(code)


class Supervisor:
    """One run, from "ready" to "end"; `kill_at` is when the next kill pass is due."""

    def __init__(
        self,
        job: Message,
        control_fd: int,
        status_fd: int,
        wakeup_fd: int,
        launcher_fd: int,
    ) -> None:
        self.job = job
        self.control_fd = control_fd
        self.status_fd = status_fd
        self.wakeup_fd = wakeup_fd
        self.launcher_fd = launcher_fd
        self.orphaned = False
        self.orders = b""
        self.spawn_fd = -1
        self.poller = select.poll()
        if launcher_fd >= 0:
            self.poller.register(launcher_fd, select.POLLIN)
        for fd in (control_fd, wakeup_fd):
            os.set_blocking(fd, False)
            self.poller.register(fd, select.POLLIN)
        self.script = 0
        self.started_at = 0.0
        self.finished_at: float | None = None
        self.status: int | None = None
        self.cause = ""
        self.done = False
        self.cpu_s = 0.0
        self.max_rss_bytes = 0
        self.fence_at = time.monotonic() + job["fence_s"]
        self.timeout_at = _NEVER
        self.kill_at = _NEVER
        self.pause_s = _FIRST_PAUSE_S

    def run(self, stdout_fd: int, stderr_fd: int) -> None:
        """Wait for "go", and return when no process of the script is left."""
        self.output_fds = (stdout_fd, stderr_fd)
        protocol.send_line(self.status_fd, b'{"event": "ready"}\n')
        try:
            while not self.done:
                self._step()
        except BaseException:
            kill_tree(self.script)
            raise
        self._read_spawn()
        self._report_end()

    def _step(self) -> None:
        self._wait_for_news()
        # The fence comes before the orders: nothing opens it once it has closed.
        if time.monotonic() >= self.fence_at:
            self._lose()
        self._read_control()
        self._read_wakeup()
        self._read_spawn()
        self._reap()
        self._keep_time()

    def _wait_for_news(self) -> None:
        due = min(self.fence_at, self.timeout_at, self.kill_at)
        longest = _LONGEST_WAIT_S
        if self.kill_at != _NEVER and not ON_LINUX:
            longest = _LONGEST_BLIND_WAIT_S
        seconds = min(max(due - time.monotonic(), 0), longest)
        for fd, _ in self.poller.poll(int(seconds * 1000) + 1):
            # Nothing is ever written there: this is its end. Who would sweep up after
            # this process and tell of its own death is gone.
            if fd == self.launcher_fd:
                self.poller.unregister(fd)
                self.orphaned = True
                self._lose()

    def _read_control(self) -> None:
        if self.control_fd < 0:
            return
        try:
            orders = os.read(self.control_fd, 4096)
        except BlockingIOError:
            return
        if not orders:
            self.poller.unregister(self.control_fd)
            self.control_fd = -1
            self._lose()
        self.orders += orders
        order = b"-"
        while self.orders and order:
            order, body, self.orders = protocol.split_order(self.orders)
            self._obey(order, body)

    def _obey(self, order: bytes, body: bytes) -> None:
        if order == protocol.GO:
            self._go()
        elif order == protocol.FEED and self.fence_at != _NEVER:
            self.fence_at = protocol.moment(body)
        elif order == protocol.STOP:
            self._end("stopped", self.job["grace_s"])
        elif order == protocol.KILL:
            self._end("abandoned", 0)

    def _go(self) -> None:
        if self.script or self.done:
            return
        self.started_at = time.time()
        try:
            # The kernel does not end what was spawned with this process; a launcher
            # does, which is its parent then.
            if self.launcher_fd >= 0 and can_spawn(self.job):
                self._spawn()
            else:
                self._fork()
        except SpawnError as exc:
            protocol.send_event(
                self.status_fd,
                "spawn_error",
                stage=exc.stage,
                errno=exc.errno,
                detail=str(exc),
            )
            self.done = True
            return
        finally:
            # Only the script may hold these: their end is the end of its output.
            for fd in self.output_fds:
                os.close(fd)
        self.timeout_at = time.monotonic() + self.job["timeout_s"]

    def _spawn(self) -> None:
        self.script = spawn(self.job, *self.output_fds)
        protocol.send_started(self.status_fd, self.script, self.started_at)

    def _fork(self) -> None:
        try:
            self.script, self.spawn_fd = fork(
                self.job, self.status_fd, *self.output_fds
            )
        except OSError as exc:
            raise SpawnError("fork", exc) from exc
        os.set_blocking(self.spawn_fd, False)
        self.poller.register(self.spawn_fd, select.POLLIN)

    def _read_spawn(self) -> None:
        """Tell what became of exec, once the pipe from the child ends or speaks."""
        if self.spawn_fd < 0:
            return
        try:
            line = os.read(self.spawn_fd, 4096)
        except BlockingIOError:
            return
        self.poller.unregister(self.spawn_fd)
        os.close(self.spawn_fd)
        self.spawn_fd = -1
        if line:
            protocol.send_line(self.status_fd, line)
        else:
            protocol.send_event(self.status_fd, "started", at=self.started_at)

    def _read_wakeup(self) -> None:
        try:
            numbers = os.read(self.wakeup_fd, 4096)
        except BlockingIOError:
            return
        if signal.SIGTERM in numbers:
            self._end("stopped", self.job["grace_s"])

    def _lose(self) -> None:
        self.fence_at = _NEVER
        self._end("lost", 0)

    def _end(self, cause: str, grace_s: float) -> None:
        """Begin to end the script, or hasten an end that has begun."""
        if self.status is None and (not self.cause or cause == "abandoned"):
            self.cause = cause
        if not self.script:
            self.done = True
            return
        self.timeout_at = _NEVER
        if self.kill_at == _NEVER and grace_s > 0:
            # Once: a second SIGTERM would hit what the script starts to clean up.
            terminate_tree(self.script)
        self.kill_at = min(self.kill_at, time.monotonic() + grace_s)

    def _reap(self) -> None:
        while not self.done:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                # Orphans are adopted: without a child there is no descendant either.
                self.done = self._is_alone()
                break
            if pid == 0:
                break
            self._account(pid, status, usage)
        if self.status is not None and not self.done and self.kill_at == _NEVER:
            self._end("", min(self.job["grace_s"], LEFTOVER_GRACE_S))

    def _is_alone(self) -> bool:
        return bool(self.script) and (ON_LINUX or not group_exists(self.script))

    def _account(self, pid: int, status: int, usage: struct_rusage) -> None:
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.max_rss_bytes = max(self.max_rss_bytes, usage.ru_maxrss * _RSS_UNIT)
        if pid == self.script:
            self.status = status
            self.finished_at = time.time()
            self.timeout_at = _NEVER

    def _keep_time(self) -> None:
        now = time.monotonic()
        if now >= self.timeout_at:
            self._end("timeout", self.job["grace_s"])
        if now >= self.kill_at and not self.done:
            kill_tree(self.script)
            self.kill_at = now + self.pause_s
            self.pause_s = min(self.pause_s * 2, _LONGEST_PAUSE_S)

    def _report_end(self) -> None:
        code = None
        if self.status is not None:
            code = os.waitstatus_to_exitcode(self.status)
        protocol.send_event(
            self.status_fd,
            "end",
            cause=self.cause,
            code=code,
            cpu_s=self.cpu_s,
            max_rss_bytes=self.max_rss_bytes,
            finished_at=self.finished_at,
            orphaned=self.orphaned,
        )


def _listen_to_signals(is_fork: bool) -> int:
    """Have a byte written to a pipe for each signal; returns its reading end."""
    if not is_fork:
        # A launcher has done so for all its forks.
        handle_signals()
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
    let_signals()
    return read_fd
