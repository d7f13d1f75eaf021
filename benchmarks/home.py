"""The home page of a hub with very many runs, all of the last week."""

from __future__ import annotations

from benchmarks.figures import Budget, Figure
from benchmarks.harness import Options, stand
from benchmarks.listing import timed

SAMPLES = 30
BUDGET = Budget(at_most={"median_ms": 150})
PAGES = {
    "the page, with the picture of 24 hours": "/admin/",
    "the page, with the picture of 7 days": "/admin/?period=7d",
    "what is asked for every few seconds": "/admin/home/live/",
}


def home(options: Options) -> list[Figure]:
    """Measure the page and its live part, as an administrator sees them."""
    rows = 1000 if options.quick else options.rows
    figures = []
    with stand("database", started=False) as made:
        session = made.inside("fill_week", rows)
        made.hub.start_portal()
        browser = made.browser(session)
        for what, path in PAGES.items():
            values = timed(browser, path, options.samples(SAMPLES))
            figures.append(Figure("home", f"{rows:,} runs: {what}", values, BUDGET))
    return figures
