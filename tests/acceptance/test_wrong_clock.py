"""A pod whose clock is off by an hour: /health says so."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.acceptance

SKEWED = {"DJANGO_SETTINGS_MODULE": "tests.faults.skewed", "SKEW_S": "3600"}


def clocks(hub):
    return hub.request("GET", "/health").json()["checks"].get("clocks", {})


def test_a_workers_clock_that_is_an_hour_ahead_is_named(make_hub):
    hub = make_hub(database="postgres")
    hub.setup()
    hub.start_portal()
    hub.start_worker()
    hub.start_worker(**SKEWED)
    hub.wait_for_workers(2)
    assert (
        "The clocks of 1 of 2 worker(s) are wrong, one is 3600 s ahead"
        in (clocks(hub)["message"])
    )
    assert hub.request("GET", "/health").json()["status"] == "degraded"


def test_so_is_the_portals(make_hub):
    hub = make_hub(database="postgres")
    hub.setup()
    hub.start_portal(**SKEWED)
    assert clocks(hub)["message"] == (
        "The portal's clock is wrong: 3600 s ahead of the database's clock."
    )
