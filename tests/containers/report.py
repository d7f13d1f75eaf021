"""What a run of the image test found: checks as they come, figures in the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Failed(Exception):
    """A step cannot go on; the message says why."""


class Report:
    """Prints each check as it is made, and remembers."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.checks = 0
        self.failures: list[str] = []
        self.figures: list[tuple[str, str]] = []

    def step(self, sentence: str) -> None:
        """Say what comes now."""
        print(f"\n[{self._passed():4.0f} s] {sentence}", flush=True)

    def check(self, sentence: str, is_so: object, *, found: object = "") -> None:
        """Note whether `sentence` is true; `found` is shown where it is not."""
        self.checks += 1
        word = "ok    " if is_so else "FAILED"
        tail = "" if is_so or found == "" else f" (found: {found})"
        print(f"  {word} {sentence}{tail}", flush=True)
        if not is_so:
            self.failures.append(sentence)

    def figure(self, name: str, value: str) -> None:
        """Note a measured value, for the table in the end."""
        self.figures.append((name, value))
        print(f"         {name}: {value}", flush=True)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Measure what is done within."""
        began = time.monotonic()
        yield
        self.figure(name, f"{time.monotonic() - began:.1f} s")

    def end(self) -> int:
        """Print the figures and the verdict; returns the exit status."""
        print("\n| what | measured |\n| --- | --- |")
        for name, value in self.figures:
            print(f"| {name} | {value} |")
        took = f"in {self._passed():.0f} s"
        if self.failures:
            count = f"{len(self.failures)} of {self.checks} checks FAILED"
            print(f"\nimage-test: {count} {took}: {'; '.join(self.failures)}")
            return 1
        print(f"\nimage-test: all {self.checks} checks passed {took}.")
        return 0

    def _passed(self) -> float:
        return time.monotonic() - self.began
