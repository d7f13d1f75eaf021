"""Every page of the console with something on it: times, words, widths, and what lives."""

from __future__ import annotations

import re

import pytest

from tests.browser.demo import fill, inside
from tests.browser.test_every_page import _barriers
from tests.browser.visitor import NARROW, PASSWORD

# From these every page is a link or two away.
STARTS = (
    "/admin/",
    "/admin/runs/run/",
    "/admin/runs/worker/",
    "/admin/runs/outboxmessage/",
    "/admin/scripts/script/",
    "/admin/scripts/script/left-out/",
    "/admin/tasks/task/",
    "/admin/tasks/schedule/",
    "/admin/tasks/concurrencygroup/",
    "/admin/tasks/freezewindow/",
    "/admin/auth/user/",
    "/admin/auth/group/",
    "/admin/accounts/token/",
    "/admin/password_change/",
    "/admin/runs/",
)
# One of each kind of page is enough; the log and files are no pages of the admin.
KIND = re.compile(r"/([0-9]+|[0-9a-f-]{36}|[^/]*_3A[^/]*|[^/]*:[^/]*)/")
LEFT_OUT = re.compile(
    r"/(logout|jsi18n|live|sync|artifacts|export)/|/log/$|^/admin/runs/run/.*/log"
)
BARE = r"""() => {
  const found = [];
  const walk = document.createTreeWalker(document.querySelector("#content"), 4);
  while (walk.nextNode()) {
    const text = walk.currentNode.data;
    const parent = walk.currentNode.parentElement;
    if (!/\d{4}-\d\d-\d\d[ T]\d\d:\d\d/.test(text)) continue;
    if (parent.closest('time[title$=" UTC"]')) continue;
    // A schedule's own clock, which names its zone; and code.
    if (/\([A-Za-z_]+(\/[A-Za-z_]+)*\)/.test(text)) continue;
    if (parent.closest("code, pre, svg, option, .hub-source, .hub-hidden")) continue;
    found.push(text.trim());
  }
  return found;
}"""


@pytest.fixture(scope="module")
def hub(make_module_hub):
    """A hub with a past, a plan, and runs of each kind."""
    made = make_module_hub(ADMIN_PASSWORD=PASSWORD)
    made.start()
    made.wait_for_workers()
    fill(made)
    return made


def pages(visitor) -> list[str]:
    """One address of each kind of page that the console links to."""
    found: dict[str, str] = {}
    for start in STARTS:
        page = visitor.go(start)
        links = page.eval_on_selector_all(
            "a[href^='/admin/']", "all => all.map(each => each.getAttribute('href'))"
        )
        for path in [start, *(link.partition("?")[0] for link in links)]:
            path = path.partition("#")[0]
            if not LEFT_OUT.search(path):
                found.setdefault(KIND.sub("/1/", path), path)
    assert len(found) > len(STARTS)
    return sorted(found.values())


def test_each_page_fits_a_phone_and_says_which_time_it_means(visit):
    visitor = visit(width=NARROW)
    wrong = []
    for path in pages(visitor):
        page = visitor.go(path)
        wrong += [f"{path}: {text} has no UTC" for text in page.evaluate(BARE)]
        if over := visitor.overflow_px():
            wrong.append(f"{path}: {over} px wider than a phone")
        if "administration" in (page.title() + page.inner_text("h1")).lower():
            wrong.append(f"{path}: speaks of administration")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "path",
    [
        "/admin/runs/worker/",
        "/admin/scripts/script/",
        "/admin/tasks/freezewindow/?when=coming",
        "/admin/scripts/script/left-out/",
    ],
)
def test_everybody_can_use_it_with_all_that_is_on_it(visit, path):
    visitor = visit(policed=False)
    visitor.go(path)
    assert _barriers(visitor) == []


@pytest.mark.parametrize("last", ["change/", "versions/"])
def test_everybody_can_use_the_pages_of_a_script(visit, last):
    visitor = visit(policed=False)
    page = visitor.go("/admin/scripts/script/?q=fetch")
    url = page.get_attribute("#result_list .field-named a", "href")
    visitor.go(url.replace("change/", last))
    assert _barriers(visitor) == []


def test_the_page_of_workers_follows_what_happens(visit, hub):
    page = visit().go("/admin/runs/worker/")
    page.evaluate("document.body.dataset.kept = 'yes'")
    waiting = page.locator(".hub-alarming strong")
    before = int(waiting.inner_text().split()[0])

    inside(hub, "wait_for_a_worker()")

    page.wait_for_function(
        "n => document.querySelector('.hub-alarming strong').innerText.startsWith(n)",
        arg=f"{before + 1} ",
    )
    assert page.get_attribute("body", "data-kept") == "yes"


def test_the_star_of_a_row_works_without_javascript(visit):
    visitor = visit(scripts=False)
    page = visitor.go("/admin/scripts/script/?q=train")
    page.get_by_role("button", name="Favourite: models/train.sh").click()
    page.wait_for_url("**/admin/scripts/script/?q=train")

    star = page.get_by_role("button", name="Favourite: models/train.sh")
    assert star.get_attribute("aria-pressed") == "true"


def test_a_filter_is_closed_with_escape(visit):
    page = visit().go("/admin/scripts/script/")
    summary = page.locator(".hub-filter > summary").first
    summary.click()
    assert page.locator(".hub-filter[open]").count() == 1

    page.keyboard.press("Escape")

    assert page.locator(".hub-filter[open]").count() == 0
    assert summary.evaluate("each => each === document.activeElement")


def test_a_bar_of_the_latest_runs_leads_to_its_run(visit):
    page = visit().go("/admin/scripts/script/?q=fetch")
    page.click("#result_list .field-named a")
    page.locator(".hub-runs-strip a").last.click()

    page.wait_for_url(re.compile(r"/admin/runs/run/[0-9a-f-]{36}/change/"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_redoc_is_dark_where_the_console_is(visit, theme):
    visitor = visit(name=None, theme=theme)
    page = visitor.go("/redoc")
    text = page.locator(".api-content h2").nth(1)
    text.wait_for()
    turned = text.evaluate(
        """(heading) => {
          const row = heading.closest("[data-section-id]");
          const [left, right] = [...row.children].map((one) => getComputedStyle(one));
          return [left.filter !== "none", right.filter !== "none"];
        }"""
    )
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    # What it says is turned round, the examples are dark as they are.
    assert turned == [theme == "dark", False]
    assert (back == "rgb(20, 24, 28)") == (theme == "dark")
    # Its script asks for a picture from elsewhere, which the page forbids.
    assert all("logo-mini.svg" in problem for problem in visitor.problems)
    visitor.problems.clear()


@pytest.mark.parametrize("page", ["script", "task", "schedule"])
def test_on_a_phone_no_row_of_a_form_is_cut_off(hub, visit, page):
    path = inside(hub, "addresses()")[page]
    shown = visit(width=NARROW, language="zh-CN").go(path)
    cut, larger = shown.evaluate(
        """() => {
          const size = (one) => parseFloat(getComputedStyle(one).fontSize);
          const rows = [...document.querySelectorAll("form .form-row")];
          return [
            rows.filter((row) => row.scrollWidth > row.clientWidth)
              .map((row) => row.className),
            [...document.querySelectorAll(".form-row:has(.readonly)")]
              .filter((row) => size(row.querySelector("label")) >
                size(row.querySelector(".readonly"))).map((row) => row.className),
          ];
        }"""
    )
    assert (cut, larger) == ([], [])


def test_a_card_of_a_list_speaks_chinese_to_the_colon(visit):
    page = visit(width=NARROW, language="zh-CN").go("/admin/tasks/schedule/")
    mark = page.locator("td[data-label]").first.evaluate(
        "cell => getComputedStyle(cell, '::before').content"
    )
    assert "：" in mark
