"""Pages of the list of runs, at any place of it and with any filter."""

from __future__ import annotations

import time

from benchmarks.figures import Budget, Figure, times
from benchmarks.harness import Client, Options, stand
from benchmarks.names import RARE

SAMPLES = 60
BUDGET = Budget(at_most={"median_ms": 8, "p95_ms": 15})


def listing(options: Options) -> list[Figure]:
    """Measure pages of 50 of many runs; the budget holds for each kind of page."""
    rows = 1000 if options.quick else options.rows
    samples = options.samples(SAMPLES)
    with stand("database", started=False) as made:
        _first, quarter, middle, _later, last = made.inside("fill", rows)
        made.hub.start_portal()
        bare = timed(made.client, "/health/live", samples)
        figures = [Figure("list", "for comparison: GET /health/live", bare)]
        for what, query in _queries(quarter, middle, last).items():
            values = timed(made.client, f"/runs/runs?limit=50{query}", samples)
            title = f"50 of {rows:,} runs: {what}"
            figures.append(Figure("list", title, values, BUDGET))
    return figures


def timed(client: Client, path: str, samples: int) -> dict[str, float]:
    """Return how long a page takes, after three that warm it up."""
    for _turn in range(3):
        client.call("GET", path)
    seconds = []
    for _turn in range(samples):
        began = time.monotonic()
        client.call("GET", path)
        seconds.append(time.monotonic() - began)
    return times(seconds)


def _queries(quarter: str, middle: str, last: str) -> dict[str, str]:
    return {
        "first page": "",
        "second page": f"&after={last}",
        "page in the middle": f"&after={middle}",
        "page that ends before one of the oldest quarter": f"&before={quarter}",
        "status=completed": "&status=completed",
        "status=failed, in the middle": f"&status=failed&after={middle}",
        "two rare statuses": "&status=failed,cancelled",
        "two statuses, most runs": "&status=completed,failed",
        "status=queued,running (none)": "&status=queued,running",
        "a script": "&script=script-3.sh",
        "a script and a status": "&script=script-3.sh&status=failed",
        "a script and two statuses": "&script=script-3.sh&status=failed,cancelled",
        "a rare script and a status it never had": f"&script={RARE}&status=failed",
        "a task that is not there": "&task=none",
    }
