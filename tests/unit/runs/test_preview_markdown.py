"""Markdown files: rendered, and nothing in them does anything."""

from __future__ import annotations

import re
import time

import pytest

from apps.runs.previews import Links, look

FILES = {"shots/one.png", "data.csv", "reports/b.md"}
LINKS = Links(
    base="reports/a.md",
    page=lambda name: f"/page/{name}/" if name in FILES else "",
    picture=lambda name: f"/picture/{name}/" if name.endswith(".png") else "",
)


def html(text, links=None):
    data = text.encode()
    return look("a.md", "text/markdown", data, len(data), links).markdown


def test_it_is_rendered():
    shown = html("# Title\n\nSome *words*, `code`\n\n1. one\n2. two\n\n> quoted\n")

    assert "<h3>Title</h3>" in shown
    assert "<em>words</em>" in shown
    assert "<code>code</code>" in shown
    assert "<ol>\n<li>one</li>" in shown
    assert "<blockquote>" in shown


def test_a_table_is_one_and_is_aligned_by_classes():
    shown = html("|a|b|\n|--|-:|\n|1|2|\n")

    assert "<th>a</th>" in shown
    assert '<td class="hub-right">2</td>' in shown
    assert "style" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<style>body{}</style>",
        '<iframe src="https://example.org"></iframe>',
        "<a href='javascript:alert(1)' onclick='x'>x</a>",
        "a <b onmouseover=alert(1)>b</b>",
        "<!-- x --><svg/onload=alert(1)>",
    ],
)
def test_html_in_it_is_text(text):
    shown = html(text)

    assert not re.search(r"<(script|img|style|iframe|a|b|svg)\b", shown)
    assert "&lt;" in shown


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "&#106;avascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "//example.org/x",
        "/admin/logout/",
        "/\\example.org",
        "../../../admin/",
        "#heading",
        "http://[broken/",
    ],
)
def test_links_elsewhere_than_to_the_web_lead_nowhere(target):
    shown = html(f"[words](<{target}>)", LINKS)

    assert "words" in shown
    assert not re.search(r'href="(?!http:)', shown)


@pytest.mark.parametrize("target", ["https://example.org/?a=1", "mailto:a@example.org"])
def test_links_to_the_web_and_to_mail_stay(target):
    shown = html(f"[words]({target})")

    assert f'href="{target}"' in shown
    assert 'rel="nofollow noopener noreferrer"' in shown


def test_links_to_files_of_the_run_lead_to_their_pages():
    shown = html("[b](b.md) [c](../data.csv) [d](../missing.csv)", LINKS)

    assert 'href="/page/reports/b.md/"' in shown
    assert 'href="/page/data.csv/"' in shown
    assert shown.count("href=") == 2


def test_pictures_of_the_run_are_shown():
    assert 'src="/picture/shots/one.png/" alt="words"' in html(
        "![words](../shots/one.png)", LINKS
    )


@pytest.mark.parametrize(
    "source",
    [
        "https://example.org/x.png",
        "//example.org/x.png",
        "data:image/png;base64,AA",
        "n",
    ],
)
def test_pictures_from_elsewhere_are_not(source):
    shown = html(f"![some words]({source})", LINKS)

    assert "<img" not in shown
    assert "[picture: some words]" in shown


def test_words_of_a_picture_that_is_missing_are_text():
    shown = html("![<script>alert(1)</script> **x**](https://example.org/x.png)")

    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_a_long_text_is_cut_and_says_so():
    text = ("word " * 60 + "\n\n") * 1000
    data = text.encode()

    preview = look("a.md", "text/markdown", data, len(data))

    assert preview.markdown.count("<p>") < 450
    assert preview.notes == ["Its first 131072 characters are shown."]


@pytest.mark.parametrize(
    "piece", ["[", "![", "*a", "**a_", "`", "> ", "- ", "<", "|", "[a](", "\\", "&#"]
)
def test_nasty_texts_take_no_time(piece):
    began = time.process_time()

    html(piece * (131_072 // len(piece)))

    # Far above what any takes, far below what it took if time grew with the square.
    assert time.process_time() - began < 20
