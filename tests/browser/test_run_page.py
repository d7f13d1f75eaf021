"""The run's page in a browser: it follows what happens, and leaves the reader's place."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_every_page import _barriers
from tests.browser.visitor import HEIGHT, NARROW, PASSWORD

# Goes on when its test says so: nothing here depends on how quick the machine is.
STEPS = """#!/usr/bin/env python3
import argparse, pathlib, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--wait-for", default="nothing")
parser.add_argument("--note", default="")
args = parser.parse_args()
here = pathlib.Path(sys.argv[0]).parent
for line in range(300):
    print("line", line, flush=True)
pathlib.Path("left.txt").write_text("left")
while not (here / args.wait_for).exists():
    time.sleep(0.05)
print("KeyError: 'customer'", file=sys.stderr)
sys.exit(3)
"""
QUICK = "#!/bin/sh\necho done\n"
ELSEWHERE = """#!/bin/sh
# /// script
# [tool.automation-hub]
# queue = "gpu"
# ///
"""


@pytest.fixture(scope="module")
def hub(make_module_hub):
    made = make_module_hub(ADMIN_PASSWORD=PASSWORD)
    made.add_script("steps.py", STEPS)
    made.add_script("quick.sh", QUICK)
    made.add_script("elsewhere.sh", ELSEWHERE)
    made.start()
    made.wait_for_workers()
    return made


@pytest.fixture(scope="module")
def end(hub):
    """Let a run of steps.py go on to its end."""

    def let_go(name):
        (hub.scripts_dir / name).touch()

    return let_go


@pytest.fixture(scope="module")
def failed(hub, start, end, token):
    end("always")
    run_id = start("steps.py", wait_for="always", note="x" * 2000)
    hub.wait_for_run(run_id, 60, token=token)
    return run_id


@pytest.fixture(scope="module")
def succeeded(hub, start, token):
    run_id = start("quick.sh")
    hub.wait_for_run(run_id, 60, token=token)
    return run_id


def page_of(run_id, tail=""):
    return f"/admin/runs/run/{run_id}/change/{tail}"


def pill(page, status):
    expect(page.locator(f".hub-head .hub-{status}")).to_be_visible()


def icon(page):
    return page.get_attribute("link[rel=icon]", "href")


def test_it_follows_a_run_to_its_end_without_a_reload(visit, start, end):
    visitor = visit()
    page = visitor.go(page_of(start("steps.py", wait_for="go1")))
    pill(page, "running")
    page.evaluate("document.body.dataset.kept = 'yes'")
    shown = page.inner_text("[data-elapsed]")
    page.wait_for_function(
        "shown => document.querySelector('[data-elapsed]').textContent !== shown",
        arg=shown,
    )
    assert re.fullmatch(r"▶ \d+ s · steps\.py \| automation-hub", page.title())
    assert icon(page).endswith("hub/run/running.svg")

    end("go1")

    pill(page, "failed")
    expect(page.locator(".hub-alarming")).to_contain_text("exit code 3")
    expect(page.locator(".hub-alarming code")).to_have_text("KeyError: 'customer'")
    expect(page.locator("[data-part=artifacts]")).to_contain_text("left.txt")
    expect(page.locator(".hub-steps .hub-failed")).to_contain_text("exit code 3")
    expect(page.locator("#hub-again")).to_be_visible()
    assert page.title() == "✗ steps.py | automation-hub"
    assert icon(page).endswith("hub/run/failed.svg")
    assert page.get_attribute("body", "data-kept") == "yes"


def test_the_place_in_the_log_and_what_is_marked_stay(visit, start, end):
    page = visit().go(page_of(start("steps.py", wait_for="go2")))
    expect(page.locator(".hub-log-status")).to_contain_text("300 lines")
    page.evaluate("location.hash = '#L40'")
    expect(page.locator(".hub-log-sheet")).to_contain_text("line 39")
    page.evaluate(
        """getSelection().selectAllChildren(
          [...document.querySelectorAll('.hub-facts dd')].find(
            each => each.textContent.includes('steps.py')))"""
    )
    page.evaluate("document.querySelector('.hub-log-view').dataset.kept = 'yes'")
    top = page.evaluate("document.querySelector('.hub-log-view').scrollTop")

    end("go2")

    pill(page, "failed")
    expect(page.locator(".hub-alarming a")).to_have_text("line 301")
    assert page.evaluate("document.querySelector('.hub-log-view').scrollTop") == top
    assert page.get_attribute(".hub-log-view", "data-kept") == "yes"
    assert page.evaluate("String(getSelection())").strip() == "steps.py"


def test_the_line_of_the_error_is_a_click_away(visit, failed):
    page = visit().go(page_of(failed, "#L1"))
    expect(page.locator(".hub-log-sheet")).to_contain_text("line 0")

    page.click(".hub-alarming a")

    expect(page.locator(".hub-log-sheet")).to_contain_text("KeyError: 'customer'")


def test_cancel_never_turns_into_another_button(visit, start, end):
    page = visit().go(page_of(start("steps.py", wait_for="go3")))
    pill(page, "running")
    page.evaluate("window.before = document.getElementById('hub-cancel')")
    page.focus("#hub-cancel")

    end("go3")

    pill(page, "failed")
    assert page.evaluate("window.before.isConnected") is False
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_what_has_the_focus_or_is_folded_out_stays(visit, start, end):
    page = visit().go(page_of(start("steps.py", wait_for="go4", note="y" * 900)))
    pill(page, "running")
    page.click(".hub-facts summary")
    page.focus("#hub-copy")

    end("go4")

    pill(page, "failed")
    assert page.evaluate("document.activeElement.id") == "hub-copy"
    assert page.evaluate("document.querySelector('.hub-facts details').open")


def test_cancel_is_seen_on_the_page(visit, start):
    page = visit().go(page_of(start("steps.py", wait_for="never")))
    pill(page, "running")

    page.click("#hub-cancel")

    pill(page, "cancelled")
    expect(page.locator(".hub-steps")).to_contain_text("cancel requested")
    assert page.title() == "■ steps.py | automation-hub"


def test_a_run_that_waits_says_why_and_how_long(visit, start):
    page = visit().go(page_of(start("elsewhere.sh")))

    pill(page, "queued")
    expect(page.locator(".hub-why")).to_contain_text("No worker serves the queue gpu")
    expect(page.locator(".hub-head-time")).to_contain_text("in the queue")


def test_the_hub_being_away_is_told_and_got_over(visit, start, end):
    visitor = visit()
    page = visitor.go(page_of(start("steps.py", wait_for="go5")))
    pill(page, "running")
    page.route("**/live/**", lambda route: route.abort())
    expect(page.locator("[data-said]")).to_have_text(
        "The hub does not answer; trying again."
    )
    page.unroute("**/live/**")
    end("go5")

    pill(page, "failed")
    expect(page.locator("[data-said]")).not_to_have_text(
        "The hub does not answer; trying again."
    )
    # Chromium logs what the test itself has stopped.
    visitor.problems[:] = [p for p in visitor.problems if "ERR_FAILED" not in p]


def test_whoever_is_signed_out_is_told(visit, start):
    visitor = visit()
    page = visitor.go(page_of(start("elsewhere.sh")))
    pill(page, "queued")

    page.context.clear_cookies()

    for place in ("[data-said]", ".hub-log-status"):
        expect(page.locator(place)).to_contain_text("You are signed out")
    # Chromium logs it too.
    visitor.problems[:] = [p for p in visitor.problems if "401" not in p]


def test_the_link_is_copied_with_the_line(visit, hub, failed):
    page = visit().go(page_of(failed, "#L7"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.click("#hub-copy")

    expect(page.locator("[data-said]")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{hub.url}{page_of(failed)}#L7"


def test_where_copying_is_refused_the_address_is_marked(visit, hub, failed):
    page = visit().go(page_of(failed))
    page.evaluate(
        """() => {
          navigator.clipboard.writeText = () => Promise.reject(new Error("not here"));
        }"""
    )

    page.click("#hub-copy")

    expect(page.locator("[data-said]")).to_contain_text("copy it by hand")
    assert page.evaluate("String(getSelection())") == f"{hub.url}{page_of(failed)}"


def test_the_head_stays_in_sight(visit, failed):
    page = visit().go(page_of(failed))
    page.locator("#hub-timeline").scroll_into_view_if_needed()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")

    top = page.locator(".hub-head").bounding_box()["y"]
    assert top == pytest.approx(0, abs=1)


def test_times_are_the_viewers_and_utc_is_a_hover_away(visit, failed):
    page = visit().go(page_of(failed))
    expect(page.locator("[data-zone]")).to_contain_text("Asia/Shanghai")
    shown = page.locator(".hub-steps time").first
    utc_hour = int(shown.get_attribute("datetime")[11:13])

    assert int(shown.inner_text()[11:13]) == (utc_hour + 8) % 24
    assert shown.get_attribute("title").endswith(" UTC")


def test_it_works_without_javascript(visit, failed):
    visitor = visit(scripts=False)
    page = visitor.go(page_of(failed))
    text = visitor.text()

    for part in ("exit code 3", "KeyError", "left.txt", "Timeline", "Run again"):
        assert part in text
    page.click("text=Run again with changes…")
    assert "Filled in from run" in visitor.text()


def test_a_double_click_runs_it_again_once(visit, hub, start, token):
    run_id = start("quick.sh")
    hub.wait_for_run(run_id, 60, token=token)
    page = visit().go(page_of(run_id))
    # The first click has reached the hub, and its answer not yet the browser.
    page.evaluate(
        """() => {
          const { form } = document.getElementById("hub-again");
          return fetch(form.action, { method: "POST", body: new FormData(form) });
        }"""
    )

    page.click("#hub-again")

    page.wait_for_url(lambda url: run_id not in url)
    assert "sent twice" in page.inner_text("body")
    runs = hub.request("GET", "/runs/runs", token=token).json()["results"]
    newer = [run["run_id"] for run in runs if run["run_id"] > run_id]
    assert page.url.endswith(page_of(newer[0]))
    assert len(newer) == 1


def test_whoever_comes_back_to_the_page_means_another_click(visit, succeeded):
    page = visit().go(page_of(succeeded))
    token = page.get_attribute("input[name=once]", "value")

    page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )

    renewed = page.get_attribute("input[name=once]", "value")
    assert re.fullmatch("[0-9a-f]{32}", renewed)
    assert renewed != token


def test_run_again_works_without_javascript(visit, succeeded):
    visitor = visit(scripts=False)
    page = visitor.go(page_of(succeeded))
    page.click("#hub-again")

    assert page.url != f"{visitor.hub.url}{page_of(succeeded)}"
    assert "quick.sh" in page.inner_text("h1")


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_everybody_can_use_it(visit, failed, start, language):
    visitor = visit(policed=False, language=language)
    for run_id in (failed, start("elsewhere.sh")):
        visitor.go(page_of(run_id))
        assert _barriers(visitor) == []


def test_all_of_it_is_reached_on_a_phone(visit, failed):
    visitor = visit(width=NARROW)
    page = visitor.go(page_of(failed))

    assert visitor.overflow_px() == 0
    # The head leaves room for what is read.
    assert page.locator(".hub-head").bounding_box()["height"] < HEIGHT / 4
