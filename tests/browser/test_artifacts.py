"""Files that a run left, in a real browser: previews, pictures, comparisons."""

from __future__ import annotations

import http.server
import threading

import pytest

from tests.browser.barriers import violations

ITEM = (
    "<item><title>News {n} &lt;b&gt;</title><link>http://news.example/{n}</link>"
    "<guid>http://news.example/{n}</guid><author>Ann</author>"
    "<pubDate>Fri, 27 Nov 2026 0{h}:00:00 GMT</pubDate>"
    "<description>What happened as number {n}, in a few words.</description></item>"
)
# One file of each kind, and names and contents that would like to be more than data.
LEAVES = r"""#!/usr/bin/env python3
import base64, json, pathlib, struct, zlib

def png(width, height, shade):
    def part(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    rows = b"".join(
        b"\0" + bytes((x * shade) % 256 for x in range(width)) for _ in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))

def leave(name, content):
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

evil = "<script>document.title = 'taken'</script><img src=x onerror=alert(1)>"
leave("1-hosts.json", json.dumps(
    {"when": "2026-11-27", "hosts": [{"host": evil, "free": 3}], "deep": {"a": [1, None]}}
))
leave("2-report.md", "# Report\n\n![disk](shots/disk.png) ![far](https://e.example/x.png)\n\n"
    + evil + "\n\n[x](javascript:alert(1))\n\n|host|free|\n|-|-:|\n|a|3|\n")
leave("3-sizes.csv", "host;size;note\na;1;" + evil + "\nb;2\n" + "c;3;" + "long words " * 60)
leave("4-<script>alert(1)<|script>'\".txt", evil + "\n" + "x" * 400)
leave("shots/disk.png", png(300, 120, 3))
leave("shots/line.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='60' height='20'>"
    "<script>document.title = 'taken'</script><rect width='60' height='20' style='fill:red'/></svg>")
leave("shots/sizeless.svg", "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 4 1'>"
    "<rect width='3' height='1'/></svg>")
leave("data.bin", b"\0\1\2")
"""


class Feed(http.server.BaseHTTPRequestHandler):
    """News, of which there are others each time that a test says so."""

    numbers = range(1, 9)

    def do_GET(self):
        items = "".join(ITEM.format(n=n, h=n % 9) for n in type(self).numbers)
        feed = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>"
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.end_headers()
        self.wfile.write(feed.encode())

    def log_message(self, format, *args):
        pass


@pytest.fixture(scope="module")
def hub(make_module_hub):
    made = make_module_hub(ADMIN_PASSWORD="a long password")
    made.copy_script("fetch_rss.py")
    made.add_script("leaves.py", LEAVES)
    made.start()
    made.wait_for_workers()
    return made


@pytest.fixture(scope="module")
def run_it(hub):
    """Run a script to its end, and return the run's id."""
    token = hub.manage("token", "create", "t", "--user", "admin").stdout.strip()

    def run(script, **parameters):
        body = {"script_name": script, "parameters": parameters}
        started = hub.request("POST", "/runs/runs", json=body, token=token).json()
        ended = hub.wait_for_run(started["run_id"], 60, token=token)
        assert ended["status"] == "completed", ended
        return started["run_id"]

    return run


@pytest.fixture(scope="module")
def news(run_it):
    """The run that fetched a feed a second time, when some of it was new."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/feed.xml"
    run_it("fetch_rss.py", url=url)
    Feed.numbers = range(2, 12)
    yield run_it("fetch_rss.py", url=url)
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def left(run_it):
    """The run that left something of everything."""
    return run_it("leaves.py")


def page_of(run_id):
    return f"/admin/runs/run/{run_id}/change/"


def open_preview(page, name):
    """Unfold what is folded of a file, and return it when it is there."""
    file = page.locator(".hub-artifact", has_text=name)
    if file.locator(".hub-artifact-preview[open]").count() == 0:
        file.locator(".hub-artifact-preview > summary").click()
    there = ".hub-artifact-preview:not([data-fetch]) > :not([aria-busy]):not(summary)"
    file.locator(there).wait_for()
    return file


def test_a_feed_is_shown_as_a_table_a_tree_and_markdown(visit, news):
    page = visit().go(page_of(news))

    table = page.locator(".hub-grid")
    assert "“items” as a table" in page.inner_text(".hub-artifacts")
    assert "News 11 <b>" in table.inner_text()
    assert page.get_attribute(".hub-grid a", "href") == "http://news.example/2"
    page.click("text=As a tree")
    assert "list, 10 items" in page.inner_text(".hub-tree")
    assert "10. News 11 <b>" in page.inner_text(".hub-markdown")


def test_what_is_new_since_the_last_success_is_a_click_away(visit, news):
    page = visit().go(page_of(news))
    assert "3 new, 1 gone, 7 the same" in page.inner_text(".hub-artifacts")

    page.click(".hub-artifact:has-text('.json') >> text=Compare with the last success")

    assert "items: 3 new, 1 gone, 7 the same" in page.inner_text("h2")
    assert page.inner_text(".hub-grid").count("News") == 3
    page.go_back()
    page.click(".hub-artifact:has-text('.md') >> text=Compare with the last success")
    assert (
        "News 11" in page.inner_text(".hub-line-added >> nth=1")
        or page.locator(".hub-line-added", has_text="News 11").count()
    )


def test_a_folded_preview_is_fetched_when_it_is_opened(visit, left):
    page = visit().go(page_of(left))

    file = open_preview(page, "4-<script>")

    assert file.locator("pre").inner_text().startswith("<script>document.title")


def test_a_preview_that_comes_open_with_a_part_of_the_page_is_fetched(visit, left):
    page = visit().go(page_of(left))

    page.evaluate(
        """() => {
          // Not every browser tells of what comes open.
          addEventListener("toggle", event => event.stopPropagation(), true);
          const here = document.querySelector(".hub-artifact-preview[data-fetch]");
          const html = here.outerHTML.replace("<details", "<details open");
          const fresh = new DOMParser().parseFromString(html, "text/html").body;
          here.replaceWith(...fresh.childNodes);
          document.dispatchEvent(new CustomEvent("hub:shown"));
        }"""
    )

    page.wait_for_selector(".hub-artifact-text")


def test_nothing_that_a_file_holds_or_is_called_does_anything(visit, left):
    visitor = visit()
    page = visitor.go(page_of(left))
    names = ("1-hosts", "2-report", "3-sizes", "4-<script>", "disk.png", "line.svg")
    for name in names:
        open_preview(page, name)

    assert "taken" not in page.title()
    assert page.locator(".hub-artifacts script:not([type=module])").count() == 0
    pictures = page.eval_on_selector_all(
        ".hub-artifacts img", "found => found.map(one => one.getAttribute('src'))"
    )
    assert len(pictures) == 3
    assert all(source.startswith("/admin/runs/run/") for source in pictures)
    for address in pictures:
        visitor.go(address)
        assert "taken" not in page.title()
    # The drawing's script is all that was stopped.
    assert [one.partition(" in ")[0] for one in visitor.problems] == [
        "error: Blocked script execution"
    ]
    visitor.problems.clear()


def test_pictures_are_drawn(visit, left):
    page = visit().go(page_of(left))
    for name in ("disk.png", "line.svg", "sizeless.svg"):
        picture = open_preview(page, name).locator("img")
        picture.scroll_into_view_if_needed()
        page.wait_for_function(
            "image => image.complete && image.clientWidth > 20",
            arg=picture.element_handle(),
        )


def test_a_file_has_a_page_of_its_own_whatever_it_is_called(visit, left):
    page = visit().go(page_of(left))

    page.click(".hub-artifact-name:has-text('4-<script>')")

    assert "SHA-256" in page.inner_text(".hub-artifact-facts")
    assert page.inner_text(".hub-artifact-text").startswith("<script>document.title")


def test_a_tree_folds_by_the_keyboard(visit, left):
    page = visit().go(page_of(left))
    page.click("text=As a tree")
    inner = page.locator(".hub-tree details", has_text="deep").last
    was_open = inner.evaluate("one => one.open")

    inner.locator("summary").first.focus()
    page.keyboard.press("Enter")

    assert inner.evaluate("one => one.open") is not was_open


def test_without_javascript_a_link_leads_to_the_preview(visit, left):
    visitor = visit(scripts=False)
    page = visitor.go(page_of(left))
    file = page.locator(".hub-artifact", has_text="4-<script>")
    assert "Report" in page.inner_text(".hub-markdown")

    file.locator("summary").click()
    file.locator("text=Open the preview").click()

    assert page.inner_text(".hub-artifact-text").startswith("<script>document.title")


def test_a_preview_that_cannot_be_had_says_so_and_is_tried_again(visit, left):
    visitor = visit()
    page = visitor.go(page_of(left))
    page.route("**/artifacts/**", lambda route: route.abort())
    file = page.locator(".hub-artifact", has_text="4-<script>")
    file.locator("summary").click()
    file.locator("text=It cannot be had now.").wait_for()
    visitor.problems.clear()

    page.unroute("**/artifacts/**")
    file.locator("summary").click()
    assert open_preview(page, "4-<script>").locator("pre").count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_look_at_them(visit, left, news, theme):
    visitor = visit(theme=theme, width=390, policed=False, language="zh-CN")
    page = visitor.go(page_of(left))
    for name in ("1-hosts", "2-report", "3-sizes", "4-<script>", "disk.png"):
        open_preview(page, name)
    assert _barriers(visitor, ".hub-artifacts") == []
    page.click(".hub-artifact-name:has-text('1-hosts')")
    assert _barriers(visitor) == []
    visitor.go(page_of(news))
    page.click(".hub-artifact:has-text('.json') >> text=与上次成功比较")
    page.click("summary:has-text('逐行比较')")
    assert _barriers(visitor) == []


def _barriers(visitor, part="body"):
    wrong = violations(visitor.page, part=part)
    if over := visitor.overflow_px():
        wrong.append(f"{over} px wider than a phone")
    return wrong
