"""What fetch_rss.py makes of each kind of feed."""

from __future__ import annotations

import pytest

from tests.integration.ops_scripts.launch import FEEDS

DATES = {
    "Fri, 25 Dec 2009 03:30:22 +0000": "2009-12-25T03:30:22+00:00",
    "2020-08-25 16:44:16": "2020-08-25T16:44:16+00:00",
    "2020-08-25 16:44:16 +0800": "2020-08-25T08:44:16+00:00",
    "2020-08-25T16:44:16.5Z": "2020-08-25T16:44:16+00:00",
    "2020/8/5": "2020-08-05T00:00:00+00:00",
    "2020年8月25日 16:44": "2020-08-25T16:44:00+00:00",
    "2020-02-31": None,
    "0000-00-00 00:00:00": None,
    "0001-01-01T00:00:00+14:00": None,
    "9999-12-31T23:59:59-14:00": None,
    "Fri, 31 Dec 99999999999 23:59:59 +9999": None,
    "1598344000": None,
    "next Tuesday": None,
}
RSS = '<rss version="2.0"><channel><title>Dates</title>{}</channel></rss>'


@pytest.mark.parametrize(
    ("name", "version", "title", "count"),
    [
        ("rss091.xml", "rss091n", "Harbour notices", 2),
        ("rss10.xml", "rss10", "New in the library", 1),
        ("rss20.xml", "rss20", "Ops diary", 3),
        ("atom10.xml", "atom10", "Météo du port", 1),
    ],
)
def test_each_format_is_read(site, fetch, name, version, title, count):
    url = site.serve("/feed", (FEEDS / name).read_bytes())
    done = fetch(url)
    assert (done.status, done.stderr) == (0, "")
    feed = done.document["feed"]
    assert (feed["version"], feed["title"], feed["url"]) == (version, title, url)
    assert done.document["count"] == len(done.document["items"]) == count


def test_the_document_has_exactly_the_promised_shape(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "rss20.xml").read_bytes()))
    document = done.document
    assert list(document) == ["feed", "fetched_at", "count", "items"]
    assert list(document["feed"]) == ["title", "link", "url", "language", "version"]
    assert document["feed"]["language"] == "en"
    assert document["items"][0] == {
        "title": "Disk replaced",
        "link": "https://diary.example/1",
        "id": "diary-1",
        "author": "Nadia",
        "published": "2024-03-05T00:15:30+00:00",
        "summary": "<p>The <b>third</b> one.</p>",
    }


def test_what_an_item_does_not_say_is_null(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "rss20.xml").read_bytes()))
    item = done.document["items"][2]
    assert item.pop("title") == "Fan noise"
    assert item.pop("published") == "2024-03-03T00:00:00+00:00"
    assert set(item.values()) == {None}


def test_links_of_items_are_taken_from_the_address_of_the_feed(site, fetch):
    done = fetch(site.serve("/port/feed", (FEEDS / "atom10.xml").read_bytes()))
    item = done.document["items"][0]
    assert item["link"] == f"{site.address}/port/bulletins/9"
    assert item["title"] == "Vent fort & pluie"
    assert item["published"] == "2024-06-01T05:30:00+00:00"


def test_a_date_is_iso_8601_with_a_zone_or_null(site, fetch):
    items = (f"<item><title>{d}</title><pubDate>{d}</pubDate></item>" for d in DATES)
    done = fetch(site.serve("/feed", RSS.format("".join(items))), "--limit", 99)
    assert done.status == 0
    found = {item["title"]: item["published"] for item in done.document["items"]}
    assert found == DATES


def test_limit_keeps_the_first_items(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "rss20.xml").read_bytes()), "--limit", 2)
    assert done.document["count"] == 2
    titles = [item["title"] for item in done.document["items"]]
    assert titles == ["Disk replaced", "Quiet night"]
    assert "Ops diary: 2 of 3 items" in done.stdout


def test_ten_items_are_kept_when_no_limit_is_given(site, fetch):
    done = fetch(site.serve("/feed", RSS.format("<item><title>x</title></item>" * 12)))
    assert done.document["count"] == 10


def test_a_feed_without_items_is_completed_with_count_0(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "empty.xml").read_bytes()))
    assert (done.status, done.stderr) == (0, "")
    assert done.document["count"] == 0
    assert done.document["items"] == []


def test_broken_xml_that_still_yields_items_is_completed_with_a_warning(site, fetch):
    done = fetch(site.serve("/feed", (FEEDS / "broken.xml").read_bytes()))
    assert done.status == 0
    assert done.document["items"][0]["link"] == "https://broken.example/1?a=1&b=2"
    assert done.stderr.startswith("fetch_rss.py: warning: the XML is broken (4:16: ")
    assert done.stderr.count("\n") == 1


def test_references_to_impossible_characters_do_no_harm(site, fetch):
    title = "<item><title>a&#xD800;b&#99999999999;c&#65;</title></item>"
    done = fetch(site.serve("/feed", RSS.format(title)))
    assert done.status == 0
    assert done.document["items"][0]["title"] == "a\ufffdb\ufffdcA"


def test_feeds_are_fetched_under_a_name_of_our_own(site, fetch):
    fetch(site.serve("/feed", (FEEDS / "empty.xml").read_bytes()))
    assert site.headers[0]["User-Agent"].startswith("automation-hub fetch_rss.py")
