"""How many queries a short run costs its worker."""

from __future__ import annotations

from benchmarks.figures import Budget, Figure
from benchmarks.harness import Options, stand


def queries(options: Options) -> list[Figure]:
    """Count them, BEGIN and COMMIT left out, of a run without artifacts."""
    with stand("database", started=False) as made:
        values = {"queries": float(made.inside("count_queries"))}
    what = "queries of a short run on the worker"
    return [Figure("queries", what, values, Budget(at_most={"queries": 6}))]
