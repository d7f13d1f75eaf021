"""How fast a script can print into its log, and what that costs the worker."""

from __future__ import annotations

import threading
from datetime import datetime

import psutil

from benchmarks.figures import Budget, Figure
from benchmarks.harness import MB, Options, Stand, stand

SIZE_MB = 200
LINE = "0123456789" * 8
END = "the end"
LOOK_S = 0.05
# "Flat" is below what reading and writing a few rows takes at any size of log.
GROWTH_MB = 20


def log(options: Options) -> list[Figure]:
    """Measure one run that prints lines of 81 bytes as fast as it is let."""
    size = options.samples(SIZE_MB) * int(MB)
    with stand() as made:
        script = f"#!/bin/sh\nyes {LINE} | head -c {size}\necho; echo {END}\n"
        made.hub.add_script("loud.sh", script)
        made.hub.manage("sync_scripts")
        made.warm_up("sh.sh", 4)
        with MemoryWatch(made) as watch:
            run = made.finish(made.client.start("loud.sh"))
        whole = made.log(run["run_id"]).endswith(f"{END}\n")
    assert whole, "The end of the log is missing."
    values = {"mb_per_s": size / MB / _length_s(run), "growth_mb": watch.growth_mb}
    budget = Budget(at_least={"mb_per_s": 80}, at_most={"growth_mb": GROWTH_MB})
    what = f"log of one run written live, {size / MB:.0f} MB"
    return [Figure("log", what, values, budget)]


def _length_s(run: dict[str, str]) -> float:
    started, finished = (
        datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at")
    )
    return (finished - started).total_seconds()


class MemoryWatch:
    """Looks at the memory of the worker's processes every 50 ms, in a thread."""

    def __init__(self, made: Stand) -> None:
        worker = made.hub.children[-1]
        self._before = {process: _rss(process) for process in worker.tree()}
        self._most = dict(self._before)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def growth_mb(self) -> float:
        """By how much the process that grew most did."""
        return max(self._most[p] - self._before[p] for p in self._before) / MB

    def _look(self) -> None:
        while not self._ended.wait(LOOK_S):
            for process, most in self._most.items():
                self._most[process] = max(most, _rss(process))


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
