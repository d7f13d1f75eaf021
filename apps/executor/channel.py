"""The worker's ends of the pipes to and from a supervisor; neither ever blocks it."""

from __future__ import annotations

import json
import os
import select

from apps.executor.protocol import Message

_BLOCK_BYTES = 65536
# `json.loads` would first guess the encoding of each line, which is ASCII.
_decode = json.JSONDecoder().decode


class Channel:
    """Orders go out, events come in. `closed`: the supervisor's end is gone."""

    def __init__(self, poller: select.poll, control_fd: int, status_fd: int) -> None:
        self.closed = False
        self._poller = poller
        self._control_fd = control_fd
        self._status_fd = status_fd
        self._outbox = bytearray()
        self._inbox = b""
        self._broken = False
        os.set_blocking(control_fd, False)
        os.set_blocking(status_fd, False)
        poller.register(status_fd, select.POLLIN)

    def send(self, data: bytes) -> bool:
        """Send orders, later if the pipe is full; False when nobody can read them."""
        self._outbox += data
        self.flush()
        return not self._broken

    def flush(self) -> None:
        """Write what the pipe takes, and be woken when it takes the rest."""
        try:
            while self._outbox:
                del self._outbox[: os.write(self._control_fd, self._outbox)]
        except BlockingIOError:
            self._poller.register(self._control_fd, select.POLLOUT)
            return
        except BrokenPipeError:
            # What becomes of the run is for the status pipe to tell.
            self._broken = True
            self._outbox.clear()
        self._forget(self._control_fd)

    def receive(self) -> list[Message]:
        """The events that have come since; sets `closed` at the end of the pipe."""
        try:
            block = os.read(self._status_fd, _BLOCK_BYTES)
        except BlockingIOError:
            return []
        if not block:
            self.closed = True
            self._forget(self._status_fd)
        *lines, self._inbox = (self._inbox + block).split(b"\n")
        return [_decode(line.decode("ascii")) for line in lines]

    def _forget(self, fd: int) -> None:
        try:
            self._poller.unregister(fd)
        except KeyError:
            pass  # It was not being waited for.
