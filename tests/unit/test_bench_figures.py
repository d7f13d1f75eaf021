"""Figures of benchmarks: percentiles, budgets and how they are shown."""

from __future__ import annotations

import pytest

from benchmarks.figures import Budget, Figure, table, times


def test_times_are_the_median_and_the_95_percent_in_milliseconds():
    seconds = [number / 1000 for number in range(100, 0, -1)]

    assert times(seconds) == pytest.approx({"median_ms": 50, "p95_ms": 95})


@pytest.mark.parametrize(
    ("ratio", "growth", "holds"),
    [(0.2, 20, True), (0.19, 20, False), (0.2, 21, False)],
)
def test_a_budget_holds_when_every_limit_is_kept(ratio, growth, holds):
    budget = Budget(at_least={"ratio": 0.2}, at_most={"growth_mb": 20})

    assert budget.holds({"ratio": ratio, "growth_mb": growth}) is holds


def test_a_line_says_what_was_measured_and_what_was_allowed():
    budget = Budget(at_most={"queries": 6})

    lines = table([Figure("queries", "a run", {"queries": 7}, budget)]).splitlines()

    assert (
        lines[2]
        == "| queries | a run | 7 queries | at most 6 queries | DOES NOT HOLD |"
    )
    assert len({len(line) for line in lines}) == 1


def test_a_figure_without_a_budget_has_no_verdict():
    figure = Figure("post", "busy", {"median_ms": 1.0})

    assert figure.verdict == ""
    assert figure.json()["holds"] is None
