"""Measures what the hub costs: `python -m benchmarks [names …] [--json FILE]`.

Each measure starts its own portal, cluster and Redis with the shipped settings, in a
temporary folder. Nothing here fails for being slow: a table says which budgets hold.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import psutil

from benchmarks import (
    clock,
    home,
    idle,
    latency,
    listing,
    log_rate,
    log_read,
    queries,
    run_list,
    throughput,
    viewer,
)
from benchmarks.figures import Figure, table
from benchmarks.harness import Options, stand
from tests.servers import ServerMissing
from tests.servers.hub import GUNICORN

MEASURES: dict[str, Callable[[Options], list[Figure]]] = {
    "shell": throughput.shell,
    "python": throughput.python,
    "start": latency.start,
    "post": latency.post,
    "clock": clock.clock,
    "burst": clock.burst,
    "idle": idle.processor,
    "memory": idle.memory,
    "log": log_rate.log,
    "read": log_read.read,
    "viewer": viewer.viewer,
    "list": listing.listing,
    "home": home.home,
    "runs": run_list.run_list,
    "queries": queries.queries,
}


def main(arguments: Sequence[str]) -> int:
    """Take the measures that are named, or all; 1 where a server is missing."""
    signal.signal(signal.SIGTERM, _interrupt)
    given = _parser().parse_args(arguments)
    options = Options(quick=given.quick, rows=given.rows)
    try:
        conditions = _conditions(options)
        print(_lines(conditions), flush=True)
        _measure(given.names or list(MEASURES), options, conditions, given.json)
    except ServerMissing as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def _measure(
    names: Sequence[str],
    options: Options,
    conditions: dict[str, Any],
    file: Path | None,
) -> None:
    """Take the measures and show what was found, also when one of them fails."""
    figures: list[Figure] = []
    try:
        for name in names:
            print(f"Measuring {name} ...", file=sys.stderr, flush=True)
            figures += MEASURES[name](options)
    finally:
        print(f"\n{table(figures)}")
        if file:
            found = conditions | {"figures": [figure.json() for figure in figures]}
            file.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measures what the hub costs."
    )
    parser.add_argument(
        "names", nargs="*", choices=[[], *MEASURES], help=", ".join(MEASURES)
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write them here too")
    parser.add_argument(
        "--rows",
        type=int,
        default=Options.rows,
        help="how many runs `list`, `home` and `runs` read from (default: %(default)s)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="try the harness; the figures mean nothing"
    )
    return parser


def _conditions(options: Options) -> dict[str, Any]:
    """Return when, where and with which settings the figures are taken."""
    with stand("database", started=False) as made:
        settings = made.inside("configuration")
    return {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(psutil.getloadavg()[0], 2),
        "python": platform.python_version(),
        "quick": options.quick,
        "portal": " ".join(GUNICORN[1:]),
        "settings": settings,
    }


def _lines(conditions: dict[str, Any]) -> str:
    settings = ", ".join(f"{k}={v}" for k, v in conditions["settings"].items())
    return (
        f"{conditions['taken_at']}, {conditions['cores']} cores, "
        f"load {conditions['load']:g} before, Python {conditions['python']}\n"
        f"Portal: python {conditions['portal']}\n"
        f"Settings as shipped, SQLite, calls with a token: {settings}"
    )


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit("Benchmarks: told to end.")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Benchmarks: interrupted.")
