"""Waiting for a signal or a while, whichever comes first."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from types import FrameType


class Wakeup:
    """Ends a wait when this process gets a signal that has a handler.

    For the main thread of a process; forks call `forget` before they make their own.
    """

    def __init__(self) -> None:
        self._read_fd, self._write_fd = os.pipe()
        for fd in (self._read_fd, self._write_fd):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(self._write_fd, warn_on_full_buffer=False)
        # A child that ends is worth a look at once.
        signal.signal(signal.SIGCHLD, _take_note)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal came since the last wait."""
        select.select([self._read_fd], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            os.read(self._read_fd, 4096)


def forget() -> None:
    """In a fork: leave the parent's pipe alone, and SIGCHLD to whoever needs it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _take_note(signum: int, frame: FrameType | None) -> None:
    """Nothing to do: the byte in the pipe is what counts."""
