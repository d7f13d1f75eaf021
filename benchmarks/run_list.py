"""The console's list of runs with very many of them, all of the last week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from apps.core.ids import first_uuid7
from benchmarks.figures import Budget, Figure
from benchmarks.harness import Options, stand
from benchmarks.listing import timed
from benchmarks.names import RARE

SAMPLES = 30
BUDGET = Budget(at_most={"median_ms": 150})


def run_list(options: Options) -> list[Figure]:
    """Measure pages of it as an administrator sees them."""
    rows = 1000 if options.quick else options.rows
    figures = []
    with stand("database", started=False) as made:
        session = made.inside("fill_week", rows)
        made.hub.start_portal()
        browser = made.browser(session)
        for what, query in _queries().items():
            path = f"/admin/runs/run/{query}"
            values = timed(browser, path, options.samples(SAMPLES))
            figures.append(Figure("runs", f"{rows:,} runs: {what}", values, BUDGET))
    return figures


def _queries() -> dict[str, str]:
    """What is measured; any id of its time is a place in the list."""
    middle = first_uuid7(datetime.now(UTC) - timedelta(days=3.5))
    return {
        "first page": "",
        "page in the middle": f"?after={middle}",
        "status=failed, in the middle": f"?status=failed&after={middle}",
        "a rare script and a status it never had": f"?script={RARE}&status=failed",
        "one hour": "?period=1h",
        "a part of a script's name": "?q=cript-3",
        "a text that is nowhere": "?q=nowhere&in=text",
        "a person that asked for none, in the middle": f"?who=nobody&after={middle}",
        "a trigger and two statuses": "?trigger=cli&status=failed&status=cancelled",
    }
