"""Runs a second through the API, against `xargs -P2` running the same script bare."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import fmean, harmonic_mean

from benchmarks.figures import Budget, Figure
from benchmarks.harness import Options, Stand, bare_rate, stand

CLIENTS = 2
WARM_UP = 20
ROUNDS = 3
RUN_S = 4.0
FLOOR_S = 1.0


def shell(options: Options) -> list[Figure]:
    """Measure a shell script of two commands."""
    what = "shell script through the API, recorded with its log, 2 slots"
    return _compare("shell", what, "sh.sh", "bash", 0.20, options)


def python(options: Options) -> list[Figure]:
    """Measure a Python script that is started cold and prints a line."""
    what = "cold Python script, the same way"
    return _compare("python", what, "py.py", sys.executable, 0.60, options)


def _compare(
    measure: str,
    what: str,
    script: str,
    interpreter: str,
    least: float,
    options: Options,
) -> list[Figure]:
    with stand() as made:
        warm = made.warm_up(script, options.samples(WARM_UP))
        command = [interpreter, str(made.hub.scripts_dir / script)]
        count = int(warm * options.seconds(RUN_S)) + CLIENTS
        # The machine's speed moves from second to second, so both sides take turns.
        floors, rates = [_floor(command, made, options)], []
        for _round in range(options.samples(ROUNDS)):
            rates.append(_recorded_rate(made, script, count))
            floors.append(_floor(command, made, options))
    floor, rate = fmean(floors), harmonic_mean(rates)
    values = {"ratio": rate / floor, "runs_per_s": rate, "floor_per_s": floor}
    return [Figure(measure, what, values, Budget(at_least={"ratio": least}))]


def _floor(command: Sequence[str], made: Stand, options: Options) -> float:
    return bare_rate(command, options.seconds(FLOOR_S), made.hub.folder)


def _recorded_rate(made: Stand, script: str, count: int) -> float:
    """Start `count` runs from two clients; count each until it is in its final row."""

    def start_some(number: int) -> list[str]:
        client = made.new_client()
        ids = [client.start(script) for _run in range(number, count, CLIENTS)]
        client.close()
        return ids

    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = [
            run_id for some in pool.map(start_some, range(CLIENTS)) for run_id in some
        ]
    made.finish_all()
    took_s = time.monotonic() - began
    for run_id in (ids[0], ids[len(ids) // 2], ids[-1]):
        made.finish(run_id)
        assert made.log(run_id).endswith("done\n"), f"The log of {run_id} is not whole."
    return count / took_s
