"""Parts of a large log by their lines: a range, a tail, a search, the next error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from benchmarks.figures import Budget, Figure, times
from benchmarks.harness import Client, Options, Stand, stand_on
from benchmarks.names import NEEDLE
from tests.servers import create_database, postgres_server

SAMPLES = 20
LINES = 1_000_000
DAY = 86_400
BUDGET = Budget(at_most={"median_ms": 300})


def read(options: Options) -> list[Figure]:
    """Measure parts of a log of a million lines, on both databases.

    The other log is that of a script which prints a line each second for a day: a row
    for each line.
    """
    lines, day = (10_000, 1000) if options.quick else (LINES, DAY)
    figures = []
    for name in ("SQLite", "PostgreSQL"):
        with _on(name) as made:
            logs = {
                f"{lines:,} lines": (made.inside("fill_log", lines, 700), lines),
                f"{day:,} rows of a line": (made.inside("fill_log", day, 1), day),
            }
            calm = made.inside("fill_log", lines, 700, ("stdout",))
            made.hub.start_portal()
            for what, (run_id, count) in logs.items():
                for part, query in _queries(count).items():
                    path = f"/runs/runs/{run_id}/log?{query}"
                    values = _times(made.client, path, options)
                    title = f"log of {what}, {name}: {part}"
                    figures.append(Figure("read", title, values, BUDGET))
            values = _times(made.client, f"/runs/runs/{calm}/log?errors=0", options)
            title = f"log of {lines:,} lines, {name}: the next error, there is none"
            figures.append(Figure("read", title, values, BUDGET))
    return figures


@contextmanager
def _on(name: str) -> Iterator[Stand]:
    if name == "SQLite":
        with stand_on("") as made:
            yield made
        return
    with (
        postgres_server() as server,
        stand_on("", DATABASE_URL=create_database(server.url)) as made,
    ):
        yield made


def _queries(lines: int) -> dict[str, str]:
    middle = lines // 2
    return {
        "50 lines in the middle": f"first={middle}&last={middle + 49}",
        "5,000 lines in the middle": f"first={middle}&last={middle + 4999}",
        "the last 5,000 lines": "tail=5000",
        "search, one match": f"search={quote(NEEDLE.lower())}",
        "search, one match, minding the case": f"search={quote(NEEDLE)}&case=1",
        "search, no match": "search=nowhere",
        "search, the first 200 of many": "search=many",
        "search backwards, one match": f"search={quote(NEEDLE)}&before_line={lines}",
        "search backwards, no match": f"search=nowhere&before_line={lines}",
        "the next error": f"errors={middle}",
        "5,000 lines with times": f"first={middle}&last={middle + 4999}&times=1",
    }


def _times(client: Client, path: str, options: Options) -> dict[str, float]:
    client.call("GET", path)
    seconds = []
    for _turn in range(options.samples(SAMPLES)):
        began = time.monotonic()
        client.call("GET", path)
        seconds.append(time.monotonic() - began)
    return times(seconds)
