"""Asking what may hang, without hanging."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

T = TypeVar("T")


# When what was asked then has still not ended, it is left to itself: a server that came
# back elsewhere is to be found.
GIVE_UP_S = 30.0


class NoAnswer(Exception):
    """There is none in time."""


class Probe(Generic[T]):
    """Asks in a thread of its own, one at a time, and keeps the answer for a while.

    `ask` may take as long as it likes, and whoever wants its answer waits no longer
    than `patience_s` seconds after it was asked. An answer is given again for `keep_s`
    seconds, so that many who ask at once, or while it hangs, cost no more than one.
    """

    def __init__(
        self, ask: Callable[[], T], *, patience_s: float, keep_s: float
    ) -> None:
        self._ask = ask
        self._patience_s = patience_s
        self._keep_s = keep_s
        self.forget()
        # In a fork of the process nobody is asking.
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Ask anew the next time, whatever is known or on its way."""
        self._lock = threading.Lock()
        self._asked_at = 0.0
        self._answer: Future[T] | None = None

    def start(self) -> None:
        """Ask, unless there is a fresh answer or one is on its way."""
        self._current()

    def answer(self) -> T:
        """Return what `ask` did, or raise what it raised; NoAnswer when it is late."""
        asked_at, answer = self._current()
        left_s = asked_at + self._patience_s - time.monotonic()
        done, _ = wait([answer], max(0.0, left_s))
        if not done:
            raise NoAnswer(f"no answer within {self._patience_s:g} s")
        return answer.result()

    def _current(self) -> tuple[float, Future[T]]:
        with self._lock:
            now = time.monotonic()
            answered = self._answer is not None and self._answer.done()
            fresh_s = self._keep_s if answered else GIVE_UP_S
            if self._answer is None or now - self._asked_at >= fresh_s:
                self._asked_at, self._answer = now, Future()
                # Whoever stops this process does not wait for what hangs.
                threading.Thread(
                    target=self._tell, args=(self._answer,), daemon=True
                ).start()
            return self._asked_at, self._answer

    def _tell(self, answer: Future[T]) -> None:
        try:
            answer.set_result(self._ask())
        except BaseException as exc:  # noqa: BLE001 - whoever wants the answer gets it
            answer.set_exception(exc)
