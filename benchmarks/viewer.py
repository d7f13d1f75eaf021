"""The log viewer in Chromium: how long it keeps the page from answering."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from benchmarks.figures import Budget, Figure
from benchmarks.harness import PATIENCE_S, Options, Stand, stand
from benchmarks.names import NEEDLE
from tests.servers import chromium

LINES = 1_000_000
BUDGET = Budget(at_most={"longest_ms": 200})
JUMPS, TURNS = 50, 100
# What a browser counts as a long task takes more than 50 ms.
WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  window.tasks.push(...list.getEntries().map((task) => task.duration));
}).observe({ type: "longtask", buffered: true });
"""
# A thousand lines each ten milliseconds, for as long as it takes.
LIVE = """#!/usr/bin/env python3
import sys, time
for first in range(0, {lines}, 1000):
    print("\\n".join(f"line {{n}} of many" for n in range(first, first + 1000)))
    sys.stdout.flush()
    time.sleep(0.01)
"""
IN_SIGHT = """(text) => {
  const view = document.querySelector(".hub-log-view").getBoundingClientRect();
  return [...document.querySelectorAll(".hub-log-view .hub-line")].some((row) => {
    const at = row.getBoundingClientRect();
    const isSeen = at.bottom > view.top && at.top < view.bottom;
    return isSeen && row.textContent.includes(text);
  });
}"""
GO_TO = """(share) => {
  const view = document.querySelector(".hub-log-view");
  view.scrollTop = (view.scrollHeight - view.clientHeight) * share;
}"""


def viewer(options: Options) -> list[Figure]:
    """Measure the longest task while a long log is opened, scrolled through, searched,
    and followed while its script prints it."""
    lines = 10_000 if options.quick else LINES
    with stand("database") as made, _page(made) as page:
        run = made.inside("fill_log", lines, 700)
        made.hub.add_script("live.py", LIVE.format(lines=lines))
        found = {
            "opened": _longest(page, lambda: _open(made, page, run)),
            "scrolled through": _longest(page, lambda: _scroll(page, options)),
            "searched": _longest(page, lambda: _search(page)),
            "followed live": _longest(page, lambda: _follow(made, page, lines)),
        }
    return [
        Figure("viewer", f"log of {lines:,} lines: {what}", {"longest_ms": ms}, BUDGET)
        for what, ms in found.items()
    ]


@contextmanager
def _page(made: Stand) -> Iterator[Page]:
    """A page of somebody who is signed in."""
    session = made.inside("sign_in")
    program = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        host = urlsplit(made.hub.url).hostname
        cookie = {"name": "sessionid", "value": session, "domain": host, "path": "/"}
        context.add_cookies([cookie])
        context.add_init_script(WATCH)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        yield page
        browser.close()


def _longest(page: Page, act: Callable[[], None]) -> float:
    """Return the longest task in milliseconds, 0 where none took more than 50."""
    page.evaluate("window.tasks = []")
    act()
    # The observer hears of a task when it is over, before the next picture.
    page.evaluate("new Promise((go) => setTimeout(() => requestAnimationFrame(go)))")
    return float(page.evaluate("Math.max(0, ...window.tasks)"))


def _open(made: Stand, page: Page, run: str) -> None:
    page.goto(f"{made.hub.url}/admin/runs/run/{run}/log/view/?first=1")
    page.wait_for_function(IN_SIGHT, arg="line 000000001")


def _scroll(page: Page, options: Options) -> None:
    jumps = options.samples(JUMPS)
    for number in range(jumps + 1):
        page.evaluate(GO_TO, number / jumps)
        page.wait_for_function(IN_SIGHT, arg=" of many")
    page.hover(".hub-log-view")
    for _turn in range(options.samples(TURNS)):
        page.mouse.wheel(0, -2000)
        page.wait_for_function(IN_SIGHT, arg=" of many")


def _search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type(NEEDLE)
    page.wait_for_function(IN_SIGHT, arg=NEEDLE)
    page.fill(".hub-log-search input", "0123456789")
    page.wait_for_function(IN_SIGHT, arg="0123456789")
    page.keyboard.press("Escape")
    for _turn in range(5):
        page.keyboard.press("n")
        page.wait_for_function(IN_SIGHT, arg="0123456789")


def _follow(made: Stand, page: Page, lines: int) -> None:
    run = made.client.start("live.py")
    page.goto(f"{made.hub.url}/admin/runs/run/{run}/log/view/")
    page.wait_for_function(IN_SIGHT, arg=f"line {lines - 1} of many")
    made.finish(run)
