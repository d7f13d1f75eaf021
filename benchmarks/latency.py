"""How soon a script starts after its POST, and how long the POST itself takes."""

from __future__ import annotations

import random
import time

from benchmarks.figures import Budget, Figure, times
from benchmarks.harness import PATIENCE_S, Options, Stand, stand

# Random, so that samples do not fall into step with a poll.
PAUSE_S = (0.15, 0.35)
BUDGETS = {"redis": (12, 25), "database": (70, 120)}
START_SAMPLES = 50
POST_SAMPLES = 200
POST_BUDGET = Budget(at_most={"median_ms": 5, "p95_ms": 10})


def start(options: Options) -> list[Figure]:
    """Measure from before the POST to the time that the script's first line prints."""
    figures = []
    for broker, (median, high) in BUDGETS.items():
        with stand(broker) as made:
            made.warm_up("sh.sh", options.samples(10))
            seconds = [_start_s(made) for _ in range(options.samples(START_SAMPLES))]
        budget = Budget(at_most={"median_ms": median, "p95_ms": high})
        what = f"POST to the script's first line, idle, {broker} broker"
        figures.append(Figure("start", what, times(seconds), budget))
    return figures


def _start_s(made: Stand) -> float:
    time.sleep(random.uniform(*PAUSE_S))
    began = time.time()
    run_id = made.client.start("sh.sh")
    # Not asked about while it starts: that would be work on the same two cores.
    time.sleep(PAUSE_S[0])
    made.finish(run_id)
    return float(made.log(run_id).splitlines()[0]) - began


def post(options: Options) -> list[Figure]:
    """Measure POST /runs/runs by one client: between runs, while slots work, and with
    no worker on the machine's cores."""
    with stand() as made:
        made.warm_up("sh.sh", options.samples(20))
        idle = [_post_s(made, wait=True) for _ in range(options.samples(50))]
        busy = [_post_s(made) for _ in range(options.samples(POST_SAMPLES))]
        made.finish_all()
        made.hub.children[-1].stop(timeout_s=PATIENCE_S)
        alone = [_post_s(made) for _ in range(options.samples(POST_SAMPLES))]
    what = "POST /runs/runs with a token, one client"
    return [
        Figure("post", f"{what}, slots idle", times(idle), POST_BUDGET),
        Figure("post", f"{what}, one after another, slots busy", times(busy)),
        Figure("post", f"{what}, one after another, no worker", times(alone)),
    ]


def _post_s(made: Stand, *, wait: bool = False) -> float:
    began = time.monotonic()
    run_id = made.client.start("sh.sh")
    took_s = time.monotonic() - began
    if wait:
        made.finish(run_id)
    return took_s
