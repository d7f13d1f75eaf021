"""How late schedules start their runs, and how long a thousand at once take."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from benchmarks.figures import Budget, Figure, times
from benchmarks.harness import PATIENCE_S, Options, Stand, stand

CLOCK_BUDGET = Budget(at_most={"p95_ms": 1500})
BURST_BUDGET = Budget(at_most={"seconds": 5})
BROKERS = ("redis", "database")
CLOCK_SAMPLES = 40
BURST = 1000
QUICK_BURST = 20
# Coprime, so that the fires of two schedules fall into no step with a tick.
EVERY_S = (2, 3)
# Time to set a thousand alarms, ahead of their second.
AHEAD_S = 30


def clock(options: Options) -> list[Figure]:
    """Measure from a fire's second to its run's row, and to its script's first line.

    One cluster, an idle machine; rows bear the database's time, which is this host's.
    """
    figures = []
    for broker in BROKERS:
        with stand(broker) as made:
            made.warm_up("sh.sh", options.samples(10))
            task = made.inside("plan_every", list(EVERY_S))
            runs = _ended(made, task, options.samples(CLOCK_SAMPLES))
            rows = [_s(run["queued_at"]) - _s(run["scheduled_for"]) for run in runs]
            lines = [_first_line(made, run) - _s(run["scheduled_for"]) for run in runs]
        for what, late in (("run's row", rows), ("script's first line", lines)):
            name = f"a fire's second to the {what}, idle, {broker} broker"
            figures.append(Figure("clock", name, times(late), CLOCK_BUDGET))
    return figures


def _ended(made: Stand, task: str, count: int) -> list[dict[str, Any]]:
    """Wait until a task has had so many runs, and return them."""
    path = f"/runs/runs?status=completed&task={task}&limit={count}"

    def enough() -> list[dict[str, Any]] | None:
        # Seldom: to ask is work on the same cores.
        time.sleep(1)
        found: list[dict[str, Any]] = made.client.get(path)["results"]
        return found if len(found) >= count else None

    return made.hub.wait_for(enough, PATIENCE_S, what=f"{count} runs had ended")


def _first_line(made: Stand, run: dict[str, Any]) -> float:
    return float(made.log(run["run_id"]).splitlines()[0])


def _s(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def burst(options: Options) -> list[Figure]:
    """Measure from the second of 1,000 schedules until the last of their runs is
    queued."""
    figures = []
    count = QUICK_BURST if options.quick else BURST
    for broker in BROKERS:
        with stand(broker) as made:
            second = made.inside("plan_at_once", count, AHEAD_S)
            took = made.inside("wait_for_fires", count, second)
        what = f"{count:,} schedules due in one second, all queued, {broker} broker"
        figures.append(Figure("burst", what, {"seconds": took}, BURST_BUDGET))
    return figures
