"""What a hub takes while nobody asks it for anything."""

from __future__ import annotations

import time

from benchmarks.figures import Budget, Figure
from benchmarks.harness import MB, Options, Stand, processor_s, stand

BUDGETS = {"redis": 0.5, "database": 3.0}
IDLE_S = 15.0
SETTLE_S = 4.0
RUNS = 20


def processor(options: Options) -> list[Figure]:
    """Measure the processor time of portal, cluster and tick, without the broker."""
    figures = []
    for broker, most in BUDGETS.items():
        with stand(broker) as made:
            _work(made, options)
            values = {"percent": _percent(made, options.seconds(IDLE_S))}
        budget = Budget(at_most={"percent": most})
        what = f"idle: portal, cluster and tick, {broker} broker"
        figures.append(Figure("idle", what, values, budget))
    return figures


def _work(made: Stand, options: Options) -> None:
    """Let every part be used before it is looked at, and come to rest."""
    made.warm_up("sh.sh", options.samples(RUNS))
    time.sleep(options.seconds(SETTLE_S))


def _percent(made: Stand, seconds: float) -> float:
    processes = made.processes()
    before, began = processor_s(processes), time.monotonic()
    time.sleep(seconds)
    return (processor_s(processes) - before) / (time.monotonic() - began) * 100


def memory(options: Options) -> list[Figure]:
    """Measure the proportional set size of the whole tree after some runs."""
    figures = []
    for broker in BUDGETS:
        with stand(broker) as made:
            _work(made, options)
            processes = made.processes()
            pss = sum(process.memory_full_info().pss for process in processes) / MB
        what = f"memory (PSS) of {len(processes)} processes after runs, {broker} broker"
        budget = Budget(at_most={"pss_mb": 200})
        figures.append(Figure("memory", what, {"pss_mb": pss}, budget))
    return figures
