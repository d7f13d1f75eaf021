"""The home page in a browser: live, for everybody, in the viewer's zone."""

from __future__ import annotations

import re

import pytest

from tests.browser.demo import inside
from tests.browser.test_every_page import barriers


@pytest.fixture(scope="module")
def hub(demo):
    """A hub with a past, a plan, and runs of each kind."""
    return demo


def test_everybody_can_use_it_with_all_that_is_on_it(visit):
    visitor = visit(policed=False)
    for period in ("24h", "7d"):
        visitor.go(f"/admin/?period={period}")
        assert barriers(visitor) == []


def test_it_follows_what_happens_without_a_reload(visit, hub):
    visitor = visit()
    page = visitor.page
    waiting = page.locator(".hub-card", has_text="waiting").locator("b")
    before = int(waiting.inner_text())
    page.evaluate("document.body.dataset.kept = 'yes'")

    inside(hub, "wait_for_a_worker()")

    page.wait_for_function(
        "([number]) => [...document.querySelectorAll('.hub-card')].some("
        "card => card.textContent.includes('waiting')"
        " && card.querySelector('b').textContent === number)",
        arg=[str(before + 1)],
    )
    assert page.get_attribute("body", "data-kept") == "yes"


def test_elapsed_times_move_and_the_title_counts(visit):
    page = visit().page
    elapsed = page.locator("[data-elapsed]").first
    shown = elapsed.inner_text()

    page.wait_for_function(
        "shown => document.querySelector('[data-elapsed]').textContent !== shown",
        arg=shown,
    )

    # How many run depends on which tests came before.
    page.wait_for_function(
        """() => {
          const running = document.querySelectorAll("[id^=hub-cancel-]").length;
          return running > 0 && document.title.startsWith(`(${running}) `);
        }"""
    )


def test_what_has_the_focus_keeps_it(visit):
    page = visit().page
    page.evaluate("window.before = document.querySelector('[id^=hub-cancel-]')")
    page.locator("[id^=hub-cancel-]").first.focus()

    page.wait_for_function("() => !window.before.isConnected")

    assert page.evaluate("document.activeElement.id").startswith("hub-cancel-")


def test_times_are_the_viewers_and_utc_is_a_hover_away(visit):
    page = visit().page
    shown = page.locator("#hub-failures ~ * time").first
    page.wait_for_function(
        "document.querySelector('[data-zone]').textContent.includes('Asia/Shanghai')"
    )
    utc_hour = int(shown.get_attribute("datetime")[11:13])

    assert int(shown.inner_text()[:2]) == (utc_hour + 8) % 24
    assert shown.get_attribute("title").endswith(" UTC")


def test_a_mark_leads_to_its_run(visit):
    page = visit().page
    page.locator(".hub-plot a:has(.hub-failed)").last.click()
    page.wait_for_url(re.compile(r"/admin/runs/run/[0-9a-f-]{36}/change/"))

    assert "failed" in page.inner_text("#content")


def test_one_click_runs_a_favourite(visit):
    page = visit().page
    page.get_by_role("button", name="Run disk_usage.sh").click()
    page.wait_for_url(re.compile(r"/admin/runs/run/[0-9a-f-]{36}/change/"))


def test_a_star_puts_something_on_it(visit):
    visitor = visit()
    page = visitor.go("/admin/scripts/script/?q=http_check")
    page.click("#result_list tr:has-text('http_check.py') .field-named a")
    page.get_by_role("button", name="Favourite").click()
    visitor.go("/admin/")

    assert page.locator(".hub-list", has_text="Check").count()


def test_it_works_without_javascript(visit):
    visitor = visit(scripts=False)
    text = visitor.text()

    for part in ("Running now", "Failed in the last 24 hours", "Next 12 hours"):
        assert part in text
    assert visitor.page.locator(".hub-plot .hub-dot").count() > 50


def test_cancel_is_there_for_what_runs(visit, hub):
    # Other tests need one that goes on.
    run = inside(hub, "go_on()")
    hub.wait_for(lambda: inside(hub, f"begun({run!r})"), 60, what="the run began")
    page = visit().page
    page.locator(f"#hub-cancel-{run}").click()
    page.wait_for_url(re.compile(r"/admin/runs/run/[0-9a-f-]{36}/change/"))

    page.wait_for_selector(".hub-pill.hub-cancelled")


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_nothing_of_what_comes_next_is_cut_off(visit, demo, language):
    page = visit(to=demo, language=language).go("/admin/")
    assert page.locator(".hub-lanes .hub-late").count()
    cut = page.eval_on_selector_all(
        ".hub-lanes :is(th, td), .hub-panel",
        "found => found.filter((one) => one.scrollWidth > one.clientWidth)"
        ".map((one) => one.textContent)",
    )
    assert cut == []
