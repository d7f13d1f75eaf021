"""Which encoding fetch_rss.py takes a feed to be in."""

from __future__ import annotations

import pytest

from tests.integration.ops_scripts.launch import FEEDS

SIMPLIFIED = (FEEDS / "simplified.xml").read_text(encoding="utf-8")
TRADITIONAL = (FEEDS / "traditional.xml").read_text(encoding="utf-8")
TITLES = {
    SIMPLIFIED: ("港口快讯", "三号码头起重机今日恢复运行，“远洋”号明早靠泊"),
    TRADITIONAL: ("港口快訊", "三號碼頭起重機今日恢復運作，「遠洋」號明早靠泊"),
}


def declaring(encoding: str, text: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'


def titles(done) -> tuple[str, str]:
    return done.document["feed"]["title"], done.document["items"][0]["title"]


@pytest.mark.parametrize(
    ("text", "encoding", "content_type"),
    [(SIMPLIFIED, "gb2312", "text/xml"), (TRADITIONAL, "big5", "application/rss+xml")],
)
def test_an_encoding_that_the_xml_declares(site, fetch, text, encoding, content_type):
    body = declaring(encoding, text).encode(encoding)
    done = fetch(site.serve("/feed", body, content_type=content_type))
    assert (done.status, done.stderr) == (0, "")
    assert titles(done) == TITLES[text]


@pytest.mark.parametrize(
    ("text", "encoding"), [(SIMPLIFIED, "gb2312"), (TRADITIONAL, "big5")]
)
def test_an_encoding_that_only_the_header_declares(site, fetch, text, encoding):
    kind = f'text/xml; charset="{encoding.upper()}"'
    done = fetch(site.serve("/feed", text.encode(encoding), content_type=kind))
    assert titles(done) == TITLES[text]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(SIMPLIFIED, "gb2312"), (TRADITIONAL, "big5"), (SIMPLIFIED, "utf-8")],
)
def test_an_encoding_that_nobody_declares(site, fetch, text, encoding):
    done = fetch(site.serve("/feed", text.encode(encoding), content_type="text/xml"))
    assert (done.status, done.stderr) == (0, "")
    assert titles(done) == TITLES[text]


@pytest.mark.parametrize(
    ("title", "encoding"),
    [("中国", "gb2312"), ("香港電台", "big5")],
)
def test_a_few_undeclared_characters_are_enough(site, fetch, title, encoding):
    text = f"<rss><channel><title>{title}</title></channel></rss>"
    done = fetch(site.serve("/feed", text.encode(encoding)))
    assert done.document["feed"]["title"] == title


def test_undeclared_western_text_is_not_taken_for_chinese(site, fetch):
    text = "<rss><channel><title>Größe – naïve señor</title></channel></rss>"
    done = fetch(site.serve("/feed", text.encode("cp1252")))
    assert done.document["feed"]["title"] == "Größe – naïve señor"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (declaring("gb2312", SIMPLIFIED).encode("gbk"), "text/xml; charset=iso-8859-1"),
        (declaring("utf-16", SIMPLIFIED).encode(), "text/xml"),
        (declaring("no-such-code", SIMPLIFIED).encode(), "text/xml; charset=rot13"),
        (SIMPLIFIED.encode("utf-16"), "text/xml"),
        (SIMPLIFIED.encode("utf-8-sig"), "text/xml; charset=gb2312"),
    ],
    ids=["header by habit", "utf-16 in name only", "unknown", "utf-16", "mark"],
)
def test_a_wrong_declaration_is_seen_through(site, fetch, body, content_type):
    done = fetch(site.serve("/feed", body, content_type=content_type))
    assert titles(done) == TITLES[SIMPLIFIED]


@pytest.mark.parametrize("encoding", ["gb2312", "utf-8"])
def test_a_cut_character_does_not_spoil_the_rest(site, fetch, encoding):
    whole = "值班员".encode(encoding)
    body = declaring(encoding, SIMPLIFIED).encode(encoding)
    done = fetch(site.serve("/feed", body.replace(whole, whole[:-1])))
    assert titles(done) == TITLES[SIMPLIFIED]
    assert done.document["items"][0]["author"].startswith("值班")


def test_text_is_written_as_it_is(site, fetch):
    done = fetch(site.serve("/feed", SIMPLIFIED))
    text = next(done.out_dir.glob("*/latest.json")).read_text(encoding="utf-8")
    assert "\\u" not in text
    assert "港口快讯" in text
