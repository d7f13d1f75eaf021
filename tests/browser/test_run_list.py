"""The list of runs in a browser: live, by keyboard, on a phone, in the viewer's zone."""

from __future__ import annotations

import re

import pytest

from tests.browser.demo import fill, inside
from tests.browser.test_every_page import _barriers
from tests.browser.visitor import PASSWORD

LIST = "/admin/runs/run/"
ACTIVE = "tr[data-active]"


@pytest.fixture(scope="module")
def hub(make_module_hub):
    """A hub with a past, and runs of each kind."""
    made = make_module_hub(ADMIN_PASSWORD=PASSWORD)
    made.start()
    made.wait_for_workers()
    fill(made)
    return made


def test_everybody_can_use_it_with_all_that_is_on_it(visit):
    visitor = visit(policed=False)
    for query in ("", "?status=failed&period=7d&q=key", "?who=nobody", "?x=1"):
        visitor.go(f"{LIST}{query}")
        assert _barriers(visitor) == [], query


def test_a_run_that_ends_shows_so_and_stays_ticked(visit, hub):
    inside(hub, "wait_for_a_worker()")
    page = visit().go(LIST)
    row = page.locator(ACTIVE, has_text="models/train.sh").first
    row_id = row.get_attribute("id")
    row = page.locator(f"#{row_id}")
    row.locator("input").check()
    link = row.locator("a").first
    link.focus()

    # As somebody else would.
    pk = row_id.removeprefix("hub-run-")
    inside(hub, f"services.cancel_run(run=Run.objects.get(pk='{pk}')).status")

    page.wait_for_selector(f"#{row_id}:not([data-active]) .hub-cancelled")
    assert row.locator("input").is_checked()
    assert page.evaluate("document.activeElement.id") == f"hub-link-{pk}"


def test_newer_runs_are_told_and_a_click_away(visit, hub):
    page = visit().go(LIST)
    top = page.locator("#result_list tbody tr").first.get_attribute("id")

    inside(hub, "wait_for_a_worker()")

    page.wait_for_selector("#hub-newer:not([hidden])")
    assert "1 newer run" in page.inner_text("#hub-newer")
    page.click("#hub-newer a")
    page.wait_for_function(
        "top => document.querySelector('#result_list tbody tr').id !== top", arg=top
    )


def test_elapsed_times_move(visit):
    page = visit().go(f"{LIST}?status=running")
    shown = page.locator("[data-elapsed]").first.inner_text()
    page.wait_for_function(
        "shown => document.querySelector('[data-elapsed]').textContent !== shown",
        arg=shown,
    )


def test_times_are_the_viewers_and_the_zone_is_named(visit):
    page = visit().go(LIST)
    time = page.locator("#result_list time").first
    assert re.fullmatch(r"\d\d-\d\d \d\d:\d\d", time.inner_text())
    assert time.get_attribute("title").endswith(" UTC")
    assert "Asia/Shanghai" in page.inner_text(".hub-pages")


def test_a_time_of_ones_own_is_the_viewers(visit):
    page = visit().go(LIST)
    page.fill("#hub-from", "2026-01-02T08:00")

    page.click("#hub-filter-form button")

    page.wait_for_url("**/?from=*")
    assert page.url.endswith("?from=2026-01-02T00%3A00Z")
    assert page.input_value("#hub-from") == "2026-01-02T08:00"
    assert "2026-01-02 08:00" in page.inner_text(".hub-on-chips")


def test_pages_and_filters_work_without_javascript(visit):
    page = visit(scripts=False).go(LIST)
    page.click("text=Older")
    page.wait_for_url("**/?after=*")
    page.click("text=Newer")
    page.wait_for_url("**/?before=*")
    page.click(".hub-chips >> text=failed")
    page.wait_for_url("**/?status=failed")
    assert set(page.locator("#result_list .hub-pill").all_inner_texts()) == {"failed"}
    page.click("text=Clear all")
    page.wait_for_url(f"**{LIST}?")


def test_a_failed_run_is_run_again_from_its_row(visit):
    page = visit().go(f"{LIST}?status=failed")
    row = page.locator("#result_list tr", has_text="reports/invoices.py").first
    row.locator("button", has_text="Run again").click()
    page.wait_for_url("**/change/")
