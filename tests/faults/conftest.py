"""A hub for the tests of a module, and what has to hold after each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.invariants import HealthWatch, check
from tests.faults.site import Site

PASSED = pytest.StashKey[bool]()
PAIRS = {"redis-sqlite": ("redis", "sqlite"), "orm-postgres": ("orm", "postgres")}


@pytest.fixture(scope="module")
def make_site(make_module_hub):
    """Install a hub: make_site(broker="redis", database="sqlite", LEASE_S="6")."""

    def make(**how: Any) -> Site:
        return Site(make_module_hub(**how))

    return make


@pytest.fixture(scope="module", params=PAIRS.values(), ids=PAIRS.keys())
def installed(request, make_site) -> Site:
    """The hub that the tests of a module share, on both brokers and both databases.

    A module may have one of its own under the same name.
    """
    broker, database = request.param
    return make_site(broker=broker, database=database)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Remember whether the test itself passed."""
    report = yield
    if report.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture
def site(request, installed) -> Iterator[Site]:
    """The module's hub; in the end the five invariants hold, and its clusters end."""
    marks = list(request.node.iter_markers("fault"))
    assert marks, "Name the row of the table: @pytest.mark.fault(3)."
    watched, folders = (
        all(mark.kwargs.get(name, True) for mark in marks)
        for name in ("health", "folders")
    )
    watch = HealthWatch(installed) if watched else None
    try:
        yield installed
        if request.node.stash.get(PASSED, False):
            check(installed, watch=watch, folders=folders)
    finally:
        if watch:
            watch.stop()
        installed.clear()
