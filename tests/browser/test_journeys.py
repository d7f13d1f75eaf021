"""What people come for, from signing in to the files that a run left.

Things are found as a person finds them, by what they are called, in the language of
the page; where a page leads is known by its address.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from django.utils import translation
from django.utils.translation import gettext

from tests.browser.feed import TITLE, TITLES, feed_site
from tests.browser.visitor import NARROW, PASSWORD

RUN = re.compile(r"/admin/runs/run/(?P<id>[0-9a-f-]{36})/change/")
KINDS = {
    "in English": {},
    "in Chinese": {"language": "zh-CN", "theme": "dark"},
    "on a phone": {"width": NARROW},
    "without JavaScript": {"scripts": False},
}
# Ends each part when its test says so.
STEPS = """#!/usr/bin/env python3
import pathlib, sys, time
print("the first line", flush=True)
while not pathlib.Path(sys.argv[0]).with_name("go").exists():
    time.sleep(0.05)
print("the last line")
"""
ENDLESS = "#!/bin/sh\necho 'Draining connections'\nexec sleep 600\n"
FAILING = """#!/bin/sh
echo 'Reading 212 orders'
echo 'orders.csv: no such table' >&2
exit 3
"""


@pytest.fixture(scope="module")
def hub(make_module_hub):
    made = make_module_hub(ADMIN_PASSWORD=PASSWORD)
    made.copy_script("fetch_rss.py")
    made.add_script("steps.py", STEPS)
    made.add_script("endless.sh", ENDLESS)
    made.add_script("failing.sh", FAILING)
    made.start()
    made.wait_for_workers()
    return made


@pytest.fixture(scope="module")
def feed():
    with feed_site() as address:
        yield address


@pytest.fixture
def go_on(hub):
    """Let steps.py end; forgotten after the test."""
    file = hub.scripts_dir / "go"
    yield file.touch
    file.unlink(missing_ok=True)


def open_form(visitor, script):
    """Go to the form of a script by way of the list of scripts."""
    page = visitor.go(f"/admin/scripts/script/?q={script}")
    page.locator("a[href^='/admin/scripts/script/'][href$='/run/']").first.click()
    page.wait_for_url("**/run/")
    return page


def press(page, language, words):
    """Press a button by its name in the page's language."""
    page.get_by_role("button", name=said(language, words), exact=True).first.click()


def start(visitor, script, language="en-US", **values):
    """Fill in the form of a script, run it, and return the page of its run."""
    page = open_form(visitor, script)
    for label, value in values.items():
        page.locator("#content").get_by_label(label.replace("_", " ")).first.fill(value)
    press(page, language, "Run")
    page.wait_for_url(RUN)
    return page


def said(language, words):
    """The hub's words in the language of a browser."""
    with translation.override({"zh-CN": "zh-hans", "en-US": "en"}[language]):
        return gettext(words)


def see_status(page, text):
    """Wait until the page says how the run is; without JavaScript it reloads itself."""
    # A sign may stand before the word.
    word = re.compile(rf"(^|\s){text}\s*$")
    page.locator(".hub-pill", has_text=word).locator("visible=true").first.wait_for()


def status(page):
    """What the API says of the run that a page shows."""
    address = urljoin(page.url, f"/runs/runs/{RUN.search(page.url)['id']}")
    headers = {"Accept": "application/json"}
    return page.request.get(address, headers=headers).json()["status"]


def see(page, text):
    """Wait until a text is in sight somewhere."""
    page.get_by_text(text).locator("visible=true").first.wait_for()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_feed_is_fetched_and_its_files_are_there(visit, feed, kind):
    visitor = visit(name=None, **kind)
    visitor.sign_in()
    language = kind.get("language", "en-US")

    page = start(visitor, "fetch_rss.py", language, Feed_URL=feed, Items="2")
    see_status(page, said(language, "completed"))

    see(page, f"{TITLE}: 2 of 3 items")
    assert "taken" not in page.title().replace(TITLE, "")
    for end in (".json", ".md"):
        page.locator(f"a[href*='/artifacts/'][href*='{end}']").first.wait_for()
    assert page.get_attribute("html", "lang") == {"zh-CN": "zh-hans"}.get(
        language, "en"
    )
    assert visitor.overflow_px() == 0
    visitor.go("/admin/runs/run/")
    see(page, "fetch_rss.py")
    assert visitor.overflow_px() == 0


def test_titles_of_a_feed_come_through_as_they_are(visit, feed):
    page = start(visit(), "fetch_rss.py", Feed_URL=feed)
    see_status(page, "completed")

    link = page.locator("a[download][href*='.json']").first
    answer = page.request.get(link.evaluate("link => link.href"))

    found = [item["title"] for item in answer.json()["items"]]
    assert found == list(TITLES)
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize("scripts", [True, False])
def test_lines_are_there_before_the_script_ends(visit, go_on, scripts):
    page = start(visit(scripts=scripts), "steps.py")

    see(page, "the first line")
    assert status(page) == "running"
    assert page.get_by_text("the last line").count() == 0
    go_on()
    see(page, "the last line")
    see_status(page, "completed")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_run_is_cancelled_and_says_so(visit, kind):
    language = kind.get("language", "en-US")
    page = start(visit(**kind), "endless.sh", language)
    see(page, "Draining connections")

    press(page, language, "Cancel")

    see_status(page, said(language, "cancelled"))
    see(page, said(language, "Cancelled on request."))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_run_that_fails_says_why(visit, kind):
    language = kind.get("language", "en-US")
    visitor = visit(**kind)

    page = start(visitor, "failing.sh", language)

    see_status(page, said(language, "failed"))
    see(page, said(language, "The script ended with exit code %(code)s.") % {"code": 3})
    see(page, "orders.csv: no such table")
    before = page.url
    press(page, language, "Run again")
    page.wait_for_url(lambda url: RUN.search(url) is not None and url != before)
    see_status(page, said(language, "failed"))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_is_wrong_is_said_at_its_field_and_nothing_runs(visit, kind):
    language = kind.get("language", "en-US")
    page = open_form(visit(**kind), "fetch_rss.py")
    # As somebody without the browser's own check would send it.
    page.locator("#run-form").evaluate("form => { form.noValidate = true; }")
    page.locator("#content").get_by_label("Items").first.fill("0")
    press(page, language, "Run")

    sentence = said(language, "must be at least %(limit)s, got %(value)s.")
    see(page, sentence % {"limit": 1, "value": 0})
    assert page.locator("#content").get_by_label("Items").first.input_value() == "0"
    assert not RUN.search(page.url)
