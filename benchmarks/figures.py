"""What a measurement gives, the budget it is held against, and how both are shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# How a value is shown; its name carries its unit.
SHOWN: dict[str, Callable[[float], str]] = {
    "ratio": "{:.2f} of bare".format,
    "runs_per_s": "{:.0f} runs/s".format,
    "floor_per_s": "bare {:.0f}/s".format,
    "median_ms": "median {:.1f} ms".format,
    "p95_ms": "95 % {:.1f} ms".format,
    "percent": "{:.2f} % of a core".format,
    "pss_mb": "{:.0f} MB".format,
    "mb_per_s": "{:.0f} MB/s".format,
    "growth_mb": "worker +{:.0f} MB".format,
    "queries": "{:.0f} queries".format,
    "seconds": "{:.2f} s".format,
    "longest_ms": lambda ms: f"longest task {ms:.0f} ms" if ms else "none over 50 ms",
}


@dataclass(frozen=True)
class Budget:
    """The limits of a figure's values, by their names."""

    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)

    def holds(self, values: Mapping[str, float]) -> bool:
        """Return whether every limit is kept."""
        return all(values[name] >= limit for name, limit in self.at_least.items()) and (
            all(values[name] <= limit for name, limit in self.at_most.items())
        )

    def __str__(self) -> str:
        return "; ".join(
            f"{word} {', '.join(SHOWN[name](limit) for name, limit in limits.items())}"
            for word, limits in (("at least", self.at_least), ("at most", self.at_most))
            if limits
        )


@dataclass(frozen=True)
class Figure:
    """One line of the table. Without a budget it is there for comparison."""

    measure: str
    what: str
    values: Mapping[str, float]
    budget: Budget | None = None

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return ""
        return "holds" if self.budget.holds(self.values) else "DOES NOT HOLD"

    def row(self) -> tuple[str, ...]:
        """Return the cells of the table's line."""
        shown = ", ".join(SHOWN[name](value) for name, value in self.values.items())
        return (self.measure, self.what, shown, str(self.budget or ""), self.verdict)

    def json(self) -> dict[str, Any]:
        """Return the figure as data; `holds` is null without a budget."""
        return {
            "measure": self.measure,
            "what": self.what,
            "values": {name: round(value, 4) for name, value in self.values.items()},
            "at_least": dict(self.budget.at_least) if self.budget else {},
            "at_most": dict(self.budget.at_most) if self.budget else {},
            "holds": self.budget.holds(self.values) if self.budget else None,
        }


def times(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 95th percentile (nearest rank) in milliseconds."""
    ordered = sorted(seconds)

    def rank(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000

    return {"median_ms": rank(0.5), "p95_ms": rank(0.95)}


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as an aligned table that is also Markdown."""
    head = ("measure", "what", "measured", "budget", "verdict")
    rows = [head, *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)
