"""A feed is written by strangers: what of it becomes Markdown."""

from __future__ import annotations

import re
from html import escape

from tests.integration.ops_scripts.launch import FEEDS

SUMMARIES = {
    "1. one": r"1\. one",
    "- x": r"\- x",
    "+ x": r"\+ x",
    "=====": r"\=====",
    "# x": r"\# x",
    "> x": "&gt; x",
    "![x](http://a/)": r"!\[x\]\(http://a/\)",
    "&lt;b&gt;": "&lt;b&gt;",
}
RSS = '<rss version="2.0"><channel><title>t</title><item>{}</item></channel></rss>'


def test_a_feed_reads_well(site, fetch):
    url = site.serve("/feed", (FEEDS / "rss20.xml").read_bytes())
    done = fetch(url, "--limit", 1)
    time = re.escape(done.document["fetched_at"])
    assert re.fullmatch(
        rf"# \[Ops diary\]\(https://diary\.example/\)\n\n"
        rf"Items: 1 · Fetched: {time} · Feed: \[{url}\]\({url}\)\n\n"
        rf"## 1\. \[Disk replaced\]\(https://diary\.example/1\)\n\n"
        rf"Nadia · 2024-03-05T00:15:30\+00:00\n\n"
        rf"The third one\.\n",
        done.markdown,
    )


def test_nothing_of_a_hostile_feed_comes_alive(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "hostile.xml").read_bytes()))
    assert done.status == 0
    text = done.markdown
    assert "<" not in text
    assert not re.search(r"\]\((?!https?://)", text)
    assert len(re.findall(r"(?<!\\)\]\(", text)) == 2  # the feed's address, "good"
    assert not re.search(r"(?<!\\)[`*|~]", text)


def test_a_title_cannot_begin_another_line(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "hostile.xml").read_bytes()))
    headings = [line for line in done.markdown.splitlines() if line.startswith("#")]
    assert [line.split()[0] for line in headings] == ["#", "##", "##", "##"]


def test_a_link_cannot_end_early(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "hostile.xml").read_bytes()))
    address = "https://good.example/a%20b%29[c]%28javascript:alert%289%29%29%22%3Ci%3E"
    assert f"## 2. [good]({address})\n" in done.markdown


def test_a_summary_is_text_and_nothing_else(site, fetch):
    items = (f"<description>{escape(text)}</description>" for text in SUMMARIES)
    body = "</item><item>".join(items)
    done = fetch(site.serve("/feed", RSS.format(body)))
    shown = re.findall(r"^## \d+\. Untitled\n\n(.+)$", done.markdown, re.M)
    assert shown == list(SUMMARIES.values())


def test_a_long_summary_is_shortened(site, fetch):
    item = f"<title>x</title><description>{'长' * 900}</description>"
    done = fetch(site.serve("/feed", RSS.format(item)))
    assert done.markdown.endswith("长" * 500 + "…\n")
    assert done.document["items"][0]["summary"] == "长" * 900


def test_a_hostile_title_stays_on_its_line_of_the_log(site, fetch):
    body = RSS.format("<title>x</title>").replace(
        ">t<", "><![CDATA[evil\nWrote /etc/passwd\x1b[31m]]><"
    )
    done = fetch(site.serve("/feed", body.replace("\x1b", "&#x9b;")))
    assert done.stdout.startswith("evil Wrote /etc/passwd")
    assert "\x9b" not in done.stdout
    assert done.stdout.count("\n") == 5
