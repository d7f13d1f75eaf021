"""Requests to stop: Ctrl-C, SIGTERM, SIGHUP."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from types import FrameType
from typing import Any, Self

REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# The end of a child ends a wait too.
HEARD = (*REQUESTS, signal.SIGCHLD)
# make passes on to its child the SIGTERM that the child had too: that is one request.
ECHO_S = 0.5


class Signals:
    """A context manager in which requests to stop are counted, in the main thread.

    Until `hold` is called they raise KeyboardInterrupt: what runs then may be left
    anywhere. After `hold` the end of the context is the end of the process: a request
    that comes later still is ignored.
    """

    def __init__(self) -> None:
        self.count = 0
        self._heard_at = 0.0
        self._held = False
        self._before: dict[signal.Signals, Any] = {}
        self._read_fd = self._write_fd = self._wakeup_fd = -1

    def __enter__(self) -> Self:
        self._read_fd, self._write_fd = os.pipe()
        for fd in (self._read_fd, self._write_fd):
            os.set_blocking(fd, False)
        self._wakeup_fd = signal.set_wakeup_fd(
            self._write_fd, warn_on_full_buffer=False
        )
        for number in HEARD:
            # nohup has SIGHUP ignored, and means it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_IGN if self._held else handler)
        signal.set_wakeup_fd(self._wakeup_fd)
        os.close(self._read_fd)
        os.close(self._write_fd)

    def hold(self) -> None:
        """From now on only count the requests."""
        self._held = True

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes."""
        select.select([self._read_fd], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_fd, 4096)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGCHLD:
            return
        before, self._heard_at = self._heard_at, time.monotonic()
        if self.count and self._heard_at - before < ECHO_S:
            return
        self.count += 1
        if not self._held:
            raise KeyboardInterrupt
