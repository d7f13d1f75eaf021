"""The launcher of a cluster: a small process that forks a supervisor for each run.

A fork of it has what a supervisor imports loaded already. It holds no secret: a fresh
interpreter with an empty environment, of which scripts' environments are no copies. As
a subreaper it gets what a dead supervisor leaves behind, wherever that moved, and kills
it: its only children are supervisors.

A request is one message on a socket that all processes of the cluster share: a word
that says what to fork, and five descriptors, the reply socket and the supervisor's ends
of the four pipes. The reply is a number, the pid or a negative errno, and, when the
supervisor has ended and nothing of its run is left, its wait status. A byte from the
caller on the reply socket asks to kill the supervisor by force.
"""

from __future__ import annotations

import errno
import gc
import os
import select
import signal
import socket
import time

from apps.executor import supervisor
from apps.executor.child import be_woken, handle_signals, hold_signals, let_signals
from apps.executor.processes import (
    adopt_orphans,
    hear_death_of,
    hide,
    kill_strays,
    name_process,
)
from apps.executor.rehearsal import rehearse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

SUPERVISOR = b"supervisor"
"""The request for a supervisor; another word is room for another kind of fork."""

REQUEST_FDS = 5
NUMBER_BYTES = 8

_PAUSE_S = 0.02
_SWEEP_S = 10.0


def main(requests_fd: int, parent: int) -> NoReturn:
    """Serve requests until the last process that could send one is gone.

    Called by a fresh interpreter; `parent` is the cluster's main process, which it
    outlives only for as long as it takes to end what it started. Its own death ends
    every supervisor's run as lost.
    """
    # Wakes it, even where it was stopped.
    hear_death_of(parent, signal.SIGCONT)
    name_process("hub-launcher")
    _fill_standard_streams()
    hide()
    adopt_orphans()
    rehearse()
    # What is there by now is needed in every fork: leave its memory shared.
    gc.freeze()
    Launcher(requests_fd, parent).serve()
    os._exit(0)


class Caller:
    """Who asked for a supervisor, and how it ended, once it has."""

    def __init__(self, reply: socket.socket) -> None:
        self.reply = reply
        self.status: int | None = None

    def asks_to_kill(self) -> bool:
        """Whether what came is an order; if not, it is the caller's end."""
        try:
            return bool(self.reply.recv(1))
        except ConnectionResetError:
            return False

    def tell(self, number: int) -> None:
        """Send a number; a caller that is gone needs no answer any more."""
        try:
            self.reply.send(number.to_bytes(NUMBER_BYTES, "big", signed=True))
        except (BrokenPipeError, ConnectionResetError):
            pass


class Launcher:
    """Its supervisors by pid, and by reply socket those that may be asked to kill."""

    def __init__(self, requests_fd: int, parent: int) -> None:
        self.parent = parent
        self.requests = socket.socket(fileno=requests_fd)
        self.callers: dict[int, Caller] = {}
        self.pids: dict[int, int] = {}
        self.waiting: list[Caller] = []
        self.sweep_until = 0.0
        # Every supervisor has a copy of the reading end; only this process the other.
        self.life_fd, self.own_life_fd = os.pipe()
        self.poller = select.poll()
        self.wakeup_fd = _listen_to_children()
        for fd in (requests_fd, self.wakeup_fd):
            self.poller.register(fd, select.POLLIN)

    def serve(self) -> None:
        """Take requests until nobody is left to ask; then end what was asked for."""
        while os.getppid() == self.parent:
            pause_ms = int(_PAUSE_S * 1000) if self.sweep_until else None
            ready = {fd for fd, _ in self.poller.poll(pause_ms)}
            for fd in ready & self.pids.keys():
                self._hear(fd)
            if self.wakeup_fd in ready or self.sweep_until:
                self._reap()
                self._sweep()
            if self.requests.fileno() in ready and not self._take_request():
                break
        self._end_all()

    def _end_all(self) -> None:
        """Have every supervisor end its script, and kill what is left after that."""
        os.close(self.own_life_fd)
        self.poller.unregister(self.requests)
        give_up_at = time.monotonic() + _SWEEP_S
        while self.callers and time.monotonic() < give_up_at:
            self.poller.poll(int(_PAUSE_S * 1000))
            self._reap()
        while kill_strays(()) and time.monotonic() < give_up_at:
            time.sleep(_PAUSE_S)

    def _take_request(self) -> bool:
        """Fork what is asked for; False when nobody is left to ask."""
        word, fds, _, _ = socket.recv_fds(self.requests, 64, REQUEST_FDS)
        if not word:
            return False
        # The reply socket is the first to arrive if not all could: none at all closes
        # it, and that is an answer too.
        if fds:
            self._answer(word, Caller(socket.socket(fileno=fds[0])), fds[1:])
        return True

    def _answer(self, word: bytes, caller: Caller, pipes: list[int]) -> None:
        try:
            pid = self._fork(word, pipes)
        except OSError as exc:
            caller.tell(-(exc.errno or errno.EINVAL))
            caller.reply.close()
            return
        finally:
            for fd in pipes:
                os.close(fd)
        self.callers[pid] = caller
        self.pids[caller.reply.fileno()] = pid
        self.poller.register(caller.reply, select.POLLIN)
        caller.tell(pid)

    def _fork(self, word: bytes, pipes: list[int]) -> int:
        if word != SUPERVISOR:
            raise OSError(errno.EINVAL, "no such kind of process")
        if len(pipes) != REQUEST_FDS - 1:
            raise OSError(errno.EMFILE, "no descriptor is left")
        hold_signals()
        try:
            pid = os.fork()
            if pid == 0:
                control, status, stdout, stderr = pipes
                supervisor.main(control, status, stdout, stderr, self.life_fd)
        finally:
            let_signals()
        return pid

    def _hear(self, fd: int) -> None:
        """Kill the supervisor that the caller asks to; its death itself tells more."""
        pid = self.pids[fd]
        # Not reaped yet, so the pid is still the supervisor's.
        if self.callers[pid].asks_to_kill():
            os.kill(pid, signal.SIGKILL)
        else:
            # The caller is gone. Its supervisor learns that from the control pipe.
            self._forget(fd)

    def _forget(self, fd: int) -> None:
        if fd in self.pids:
            del self.pids[fd]
            self.poller.unregister(fd)

    def _reap(self) -> None:
        """Bury the dead; what no caller waits for is what a supervisor left behind."""
        try:
            os.read(self.wakeup_fd, 4096)
        except BlockingIOError:
            pass
        for pid, status in _dead_children():
            caller = self.callers.pop(pid, None)
            if caller is None or status != 0:
                self.sweep_until = self.sweep_until or time.monotonic() + _SWEEP_S
            if caller is not None:
                self._forget(caller.reply.fileno())
                caller.status = status
                self.waiting.append(caller)

    def _sweep(self) -> None:
        """Kill what dead supervisors left, and tell of deaths when nothing is left.

        After _SWEEP_S the caller waits no longer for what not even SIGKILL ends.
        """
        if self.sweep_until:
            found = kill_strays(self.callers.keys())
            if found and time.monotonic() < self.sweep_until:
                return
            self.sweep_until = 0.0
        for caller in self.waiting:
            caller.tell(caller.status or 0)
            caller.reply.close()
        self.waiting.clear()


def _fill_standard_streams() -> None:
    """Let no descriptor be below 3 that a supervisor would take for its stderr."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)


def _dead_children() -> list[tuple[int, int]]:
    found = []
    try:
        while (dead := os.waitpid(-1, os.WNOHANG))[0]:
            found.append(dead)
    except ChildProcessError:
        pass  # The last one was among them.
    return found


def _listen_to_children() -> int:
    """Have a byte written to a pipe when a child ends; returns its reading end."""
    # Ends with its cluster, not by signals: a service manager that stops all processes
    # at once must leave it to those that drain.
    handle_signals()
    # Its forks do not need to hear this one, and mind it as little as the others.
    signal.signal(signal.SIGCONT, be_woken)
    read_fd, write_fd = os.pipe()
    for fd in (read_fd, write_fd):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
    let_signals()
    return read_fd
