"""Printing that neither a paused terminal nor one that went away can hold up."""

from __future__ import annotations

import os
import queue
import select
import sys
import threading
from typing import IO, TextIO

from django.core.management.base import OutputWrapper

STDOUT, STDERR = 1, 2
QUEUE_LINES = 10_000
LINE_BYTES = 64 * 1024


def show(out: TextIO | OutputWrapper, line: str) -> None:
    """Print a line at once; raises OSError where nobody can read it.

    A terminal without the line's letters shows question marks in their place.
    """
    encoding = getattr(out, "encoding", None) or "utf-8"
    line = line.encode(encoding, "replace").decode(encoding)
    try:
        out.write(f"{line}\n")
        out.flush()
    except OSError:
        _discard_stdout()
        raise


def open_standard_streams() -> None:
    """Give this process the standard streams that it was started without.

    Else the next file that it opens would be its standard output.
    """
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != fd:
                os.dup2(null, fd)
                os.close(null)
            setattr(sys, name, os.fdopen(fd, "r" if fd == 0 else "w"))


def _discard_stdout() -> None:
    # Python prints what is left in its buffer when it ends, and would fail once more.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, STDOUT)
    os.close(null)


class Console:
    """Prints the lines of this process and of its children, from a thread of its own.

    What is said while more than QUEUE_LINES wait for a paused terminal is dropped.
    """

    def __init__(self) -> None:
        self._lines: queue.Queue[tuple[int, bytes] | None] = queue.Queue(QUEUE_LINES)
        self._gone: set[int] = set()
        self._followers: list[threading.Thread] = []
        self._writer = threading.Thread(target=self._write_lines, daemon=True)
        self._writer.start()

    def say(self, text: str = "") -> None:
        """Print to standard output."""
        self._put(STDOUT, f"{text}\n".encode(errors="replace"))

    def report(self, text: str) -> None:
        """Print to standard error, as one line among those of the children."""
        self._put(STDERR, _prefix("up") + f"{text}\n".encode(errors="replace"))

    def follow(self, name: str, stream: IO[bytes]) -> None:
        """Print to standard error, under `name`, what a child says, until it ends."""
        follower = threading.Thread(
            target=self._follow, args=(_prefix(name), stream), daemon=True
        )
        self._followers = [t for t in self._followers if t.is_alive()] + [follower]
        follower.start()

    def close(self, timeout_s: float) -> None:
        """Print what is still to be printed, in so many seconds at most."""
        for follower in self._followers:
            follower.join(timeout_s / 2)
        try:
            self._lines.put_nowait(None)
        except queue.Full:
            return
        self._writer.join(timeout_s / 2)

    def _follow(self, prefix: bytes, stream: IO[bytes]) -> None:
        with stream:
            while line := stream.readline(LINE_BYTES):
                self._put(STDERR, prefix + line.rstrip(b"\n") + b"\n")

    def _put(self, fd: int, line: bytes) -> None:
        try:
            self._lines.put_nowait((fd, line))
        except queue.Full:
            # To wait would stop the portal because somebody paused the terminal.
            return

    def _write_lines(self) -> None:
        while item := self._lines.get():
            fd, line = item
            while line and fd not in self._gone:
                line = line[self._write(fd, line) :]

    def _write(self, fd: int, line: bytes) -> int:
        """Write some of the line, and return how much of it is done with."""
        try:
            return os.write(fd, line)
        except BlockingIOError:
            # Another program set the terminal so.
            select.select([], [fd], [])
            return 0
        except OSError:
            # The terminal, or whoever read our output, has gone.
            self._gone.add(fd)
            return len(line)


def _prefix(name: str) -> bytes:
    return f"{name:<6} | ".encode()
