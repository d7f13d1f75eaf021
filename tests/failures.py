"""A plugin that writes down what failed, for the last lines of `python -m tests`.

Its parts run one after the other or side by side, and what one of them printed may be
out of sight when the last has ended.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# The file to add to; without it nothing is written.
FILE = "HUB_TEST_FAILURES"
LONGEST = 300


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note(report)


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    name = os.environ.get(FILE)
    if not report.failed or not name:
        return
    crash = getattr(report.longrepr, "reprcrash", None)
    said = crash.message if crash else str(report.longrepr)
    reason = " ".join(said.split())[:LONGEST]
    when = getattr(report, "when", "collecting")
    with Path(name).open("a", encoding="utf-8") as file:
        file.write(f"{report.nodeid} ({when}): {reason}\n")
