"""The log viewer: live, searched, linked to, and bounded however long the log is."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.browser.barriers import violations

LINES = 1_000_000
MOST_HELD = 4000
MOST_ROWS = 120
MANY = f"""#!/usr/bin/env python3
import sys
for first in range(1, {LINES}, 1000):
    lines = [f"line {{n}} of many" for n in range(first, first + 1000)]
    if first == 750_001:
        lines[0] = "the Needle, a fatal one"
    print("\\n".join(lines))
"""
# Goes on when its test says so: nothing here depends on how quick the machine is.
STEPS = """#!/usr/bin/env python3
import pathlib, sys, time
here = pathlib.Path(sys.argv[0]).parent
for step in range(1, 4):
    for line in range(100):
        print(f"step {step} line {line}", flush=True)
    while not (here / f"go{step}").exists():
        time.sleep(0.05)
print("the end")
"""
HOSTILE = """#!/usr/bin/env python3
import os, sys
print("<script>document.title = 'taken'</script><img src=x onerror=alert(1)>")
print("\\x1b[31mred\\x1b[0m \\x1b]8;;javascript:alert(1)\\x07link\\x1b]8;;\\x07 \\x1b[2Jend")
print("\\r".join(f"progress {n:3} %" for n in range(101)))
print("x" * 20_000)
sys.stdout.flush()
print("</pre><script>alert(2)</script>", file=sys.stderr)
# What it leaves here is not kept, and the log says so.
os.symlink("/etc/passwd", "<img src=x onerror=alert(3)>")
"""


@pytest.fixture(scope="module")
def hub(make_module_hub):
    made = make_module_hub(ADMIN_PASSWORD="a long password")
    made.add_script("many.py", MANY)
    made.add_script("steps.py", STEPS)
    made.add_script("hostile.py", HOSTILE)
    made.start()
    made.wait_for_workers()
    return made


@pytest.fixture(scope="module")
def many(hub, start, token):
    """The run that printed a million lines."""
    run_id = start("many.py")
    hub.wait_for_run(run_id, 120, token=token)
    return run_id


@pytest.fixture(scope="module")
def hostile(hub, start, token):
    run_id = start("hostile.py")
    hub.wait_for_run(run_id, 60, token=token)
    return run_id


@pytest.fixture
def step(hub):
    """Let the script steps.py go on; forgotten after the test."""
    made = []

    def go(number):
        made.append(hub.scripts_dir / f"go{number}")
        made[-1].touch()

    yield go
    for path in made:
        path.unlink()


def page_of(run_id, end=""):
    return f"/admin/runs/run/{run_id}/log/view/{end}"


def see(page, text):
    """Wait until a line in sight holds a text."""
    page.wait_for_function(
        """text => {
          const view = document.querySelector('.hub-log-view').getBoundingClientRect();
          return [...document.querySelectorAll('.hub-log-view .hub-line')].some(row => {
            const at = row.getBoundingClientRect();
            const isSeen = at.bottom > view.top && at.top < view.bottom;
            return isSeen && row.textContent.includes(text);
          });
        }""",
        arg=text,
    )


def status(page, text):
    page.wait_for_function(
        "text => document.querySelector('.hub-log-status').textContent.includes(text)",
        arg=text,
    )


def rest(page):
    """Wait until the log is scrolled no further: browsers may do it in steps."""
    page.wait_for_function(
        """() => {
          const { scrollTop } = document.querySelector('.hub-log-view');
          const isSame = window.lastTop === scrollTop;
          window.lastTop = scrollTop;
          window.atRest = isSame ? (window.atRest ?? 0) + 1 : 0;
          return window.atRest > 20;
        }"""
    )


def size(page):
    """Return how many lines and rows the page holds."""
    return page.evaluate(
        """async () => {
          const src = document.querySelector('script[src*="log/viewer"]').src;
          const { viewers } = await import(src);
          return [viewers[0].lines.held, viewers[0].rows.drawn.size];
        }"""
    )


def assert_small(page):
    held, rows = size(page)
    assert held <= MOST_HELD
    assert rows <= MOST_ROWS


def test_a_million_lines_are_scrolled_through_and_few_of_them_held(visit, many):
    page = visit().go(page_of(many, "?first=1"))
    see(page, "line 1 of many")

    for share in range(0, 101, 5):
        page.evaluate(
            """share => {
              const view = document.querySelector('.hub-log-view');
              view.scrollTop = (view.scrollHeight - view.clientHeight) * share / 100;
            }""",
            share,
        )
        see(page, " of many")
        assert_small(page)
    see(page, f"line {LINES} of many")
    page.keyboard.press("g")
    see(page, "line 1 of many")
    page.hover(".hub-log-view")
    page.mouse.wheel(0, 180)
    see(page, "line 20 of many")
    page.keyboard.press("Shift+G")
    see(page, f"line {LINES} of many")
    assert_small(page)


def test_the_hub_searches_and_the_page_goes_to_what_it_finds(visit, many):
    page = visit().go(page_of(many, "?first=1"))
    see(page, "line 1 of many")

    page.keyboard.press("/")
    page.keyboard.type("the needle")
    see(page, "the Needle")
    status(page, "Line 750,001")
    assert page.inner_text("mark") == "the Needle"
    page.fill(".hub-log-search input", "line 70000")
    see(page, "line 70000 of many")
    status(page, "from the other end")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    see(page, "line 700000 of many")
    page.keyboard.press("Shift+N")
    see(page, "line 70000 of many")
    page.keyboard.press("Shift+N")
    see(page, "line 700009 of many")
    page.fill(".hub-log-search input", "nowhere")
    status(page, "No line holds this.")
    assert_small(page)


def test_the_next_error_is_a_key_away(visit, many):
    page = visit().go(page_of(many, "?first=1"))
    see(page, "line 1 of many")

    page.keyboard.press("e")
    see(page, "the Needle")
    page.keyboard.press("e")
    status(page, "No error behind line 750,001")


def test_a_line_has_an_address_that_survives_a_reload(visit, many):
    page = visit().go(page_of(many, "#L500000"))
    see(page, "line 500000 of many")
    assert "line 500000 " in page.inner_text(".hub-line-marked")

    page.click("text='500003'")
    assert page.url.endswith("#L500003")
    page.reload()
    see(page, "line 500003 of many")
    assert "line 500003 " in page.inner_text(".hub-line-marked")


def test_a_reload_goes_on_where_one_was(visit, many):
    page = visit().go(page_of(many, "?first=300001"))
    see(page, "line 300001 of many")
    page.hover(".hub-log-view")
    page.mouse.wheel(0, 1800)
    see(page, "line 300105 of many")
    rest(page)

    page.reload()
    see(page, "line 300105 of many")


def test_lines_come_while_the_script_runs_and_follow_stops_for_a_reader(
    hub, visit, start, step, token
):
    run_id = start("steps.py")
    visitor = visit()
    page = visitor.go(page_of(run_id))
    see(page, "step 1 line 99")
    status(page, "following")
    step(1)
    see(page, "step 2 line 99")
    assert hub.request("GET", f"/runs/runs/{run_id}", token=token).json()["status"] == (
        "running"
    )

    page.hover(".hub-log-view")
    page.mouse.wheel(0, -1000)
    status(page, "Follow stopped when you scrolled")
    rest(page)
    before = page.inner_text(".hub-log-sheet")
    step(2)
    status(page, "300 lines")
    assert page.inner_text(".hub-log-sheet") == before
    page.keyboard.press("f")
    see(page, "step 3 line 99")
    step(3)
    see(page, "the end")
    status(page, "301 lines")


def test_what_a_script_prints_is_text(visit, hostile):
    page = visit().go(page_of(hostile))
    see(page, "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>")

    assert "taken" not in page.title()
    assert page.inner_text(".hub-line >> nth=1").endswith("red link end")
    assert page.inner_text(".ansi-fg-1") == "red"
    assert page.inner_text(".hub-line >> nth=2").endswith("progress 100 %")
    assert "</pre><script>" in page.inner_text(".hub-line-stderr")
    assert page.locator(".hub-line-cut").count() == 1


def test_what_is_found_and_what_the_hub_says_of_a_script_is_text(visit, hostile):
    page = visit().go(page_of(hostile))
    see(page, "<img src=x onerror=alert(3)> was not kept: it is a link")

    page.fill(".hub-log-search input", "<img src=x onerror=alert(1)>")

    status(page, "Line 1")
    assert page.inner_text("mark") == "<img src=x onerror=alert(1)>"
    assert page.locator(".hub-log-view img").count() == 0


def test_long_lines_break_and_times_show_when_asked(visit, hostile):
    page = visit(width=390).go(page_of(hostile))
    see(page, "progress 100 %")

    page.keyboard.press("w")
    page.wait_for_function(
        """() => {
          const view = document.querySelector('.hub-log-view');
          return view.scrollWidth <= view.clientWidth && view.scrollHeight > 0;
        }"""
    )
    page.keyboard.press("t")
    page.wait_for_selector(".hub-line time")
    status(page, "times in Asia/Shanghai")
    assert re.fullmatch(r"[0-9:.]{12}", page.inner_text(".hub-line time >> nth=0"))


def test_a_short_log_leaves_room_for_what_else_is_on_its_runs_page(
    visit, many, hostile
):
    def share_of_window(run_id):
        page = visit().go(f"/admin/runs/run/{run_id}/change/")
        page.wait_for_selector(".hub-log-view .hub-line")
        share = "view => view.getBoundingClientRect().height / window.innerHeight"
        return page.locator(".hub-log-view").evaluate(share)

    assert share_of_window(hostile) < 0.4
    assert share_of_window(many) > 0.5


def test_without_javascript_it_is_read_page_by_page(visit, many, hostile):
    visitor = visit(scripts=False)
    page = visitor.go(f"/admin/runs/run/{many}/change/")
    assert f"line {LINES} of many" in visitor.text()
    page.click("text=All of it, page by page")
    assert "Lines 999501 to 1000000 of 1000000" in visitor.text()
    page.click("text=First page")
    assert "line 500 of many" in visitor.text()
    page.click("text=Next page")
    assert "line 501 of many" in visitor.text()

    visitor.go(page_of(hostile))
    assert "<script>document.title = 'taken'</script>" in visitor.text()
    assert "progress 100 %" in visitor.text()


def test_all_of_it_can_be_downloaded(visit, many):
    page = visit().go(page_of(many))

    for name, unpack in (("Download", bytes), ("Download as gz", gzip.decompress)):
        with page.expect_download() as coming:
            page.click(f"text='{name}'")
        path = coming.value.path()
        text = unpack(path.read_bytes())
        assert coming.value.suggested_filename.startswith("many.py-")
        assert text.count(b"\n") == LINES
        assert text.endswith(f"line {LINES} of many\n".encode())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("scripts", [True, False])
def test_everybody_can_read_it(visit, hostile, theme, scripts):
    visitor = visit(theme=theme, width=390, policed=False)
    if not scripts:
        # What stands in the page before the viewer takes its place.
        visitor.page.route(
            "**/hub/log/viewer.js",
            lambda route: route.fulfill(body="", content_type="text/javascript"),
        )
    page = visitor.go(page_of(hostile))
    page.wait_for_selector(".hub-line-stderr")

    assert violations(page) == []
    assert visitor.overflow_px() == 0
