"""Files of a run in the console: the list, a page for each, pictures, permissions."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from apps.runs.admin import artifacts as admin_artifacts
from apps.runs.admin.artifacts import address
from apps.runs.downloads import artifact_path
from tests.integration.runs.kept import keep, page, run_page

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"
NAMES = [
    "plain.txt",
    "a folder/with spaces.txt",
    f"{HOSTILE}\"'&.txt",
    "../../../etc/passwd.txt",
    "a/./b/..txt",
    "//twice//.txt",
    "100%?#ß中文.txt",
    "back\\slash\\..\\x.txt",
    "view/",
]
# Nothing is run, asked for or sent; styles may lay it out.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
GIF = b"GIF89a\1\0\1\0\0\0\0;"
SVG = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture
def run(make_run):
    return make_run(status="completed")


@pytest.fixture
def colleague(make_user):
    """A browser of somebody in a role."""

    def browser_for(role: str) -> Client:
        client = Client()
        client.force_login(make_user(role.lower() or "none", role, is_staff=True))
        return client

    return browser_for


def test_each_file_is_listed_with_size_kind_checksum_and_download(admin_client, run):
    artifact = keep(run, "data.csv", "a,b\n1,2\n" * 500)

    text = run_page(admin_client, run)

    assert "3.9\xa0KB" in text
    assert "table" in text
    assert artifact.sha256 in text
    assert f'href="{artifact_path(run.pk, "data.csv")}" download' in text
    assert f'href="{address("artifact", artifact)}"' in text


def test_the_first_small_ones_are_open_and_others_are_fetched(admin_client, run):
    for number in range(5):
        keep(run, f"note{number}.md", f"# Title {number}")
    keep(run, "large.txt", "word " * 20_000)

    text = run_page(admin_client, run)

    assert text.count('<details class="hub-artifact-preview" open>') == 3
    assert [f"Title {n}</h" in text for n in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert text.count("data-fetch=") == 3
    assert "word word" not in text


def test_a_run_without_files_says_so(admin_client, run, make_run):
    assert "No files were left." in run_page(admin_client, run)
    going = run_page(admin_client, make_run(status="running"))
    assert "What it leaves is kept when it ends." in going


def test_many_files_are_folded_away(admin_client, run):
    for number in range(35):
        keep(run, f"part-{number:02}.bin", b"\0")

    listed, _more, folded = run_page(admin_client, run).partition("5 more files")

    assert listed.count('<li class="hub-artifact">') == 30
    assert folded.count('<li class="hub-artifact">') == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_data_and_leads_to_its_own_file(admin_client, run, name):
    artifact = keep(run, name, "its content")

    assert HOSTILE not in run_page(admin_client, run)
    text = page(admin_client, artifact)
    assert HOSTILE not in text
    assert f"<bdi>{escape(name)}</bdi>" in text
    assert "its content</pre>" in text
    assert not {"..", ".", ""} & set(address("artifact", artifact)[1:-1].split("/"))


@pytest.mark.parametrize("name", NAMES[:-1])
def test_the_download_of_any_name_is_that_file(admin_client, run, name):
    keep(run, name, "its content")

    answer = admin_client.get(artifact_path(run.pk, name))

    assert b"".join(answer.streaming_content) == b"its content"


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("a.json", '[{"x": 1}]', '<ul class="hub-tree">'),
        ("a.md", "*words*", "<em>words</em>"),
        ("a.csv", "x,y\n1,2\n", '<th scope="col">x</th>'),
        ("a.txt", "two\nlines", "two\nlines</pre>"),
        ("a.gif", GIF, "<img src="),
        ("a.zip", b"PK", "Files of this kind are not shown; download it."),
        ("a.html", HOSTILE, "&lt;script&gt;"),
    ],
)
def test_each_kind_has_its_page(admin_client, run, name, content, shown):
    artifact = keep(run, name, content)

    assert shown in page(admin_client, artifact)
    part = page(admin_client, artifact, query="?part")
    assert shown in part
    assert "<html" not in part


@pytest.mark.parametrize("name", ["a.json", "a.md", "a.csv", "a.txt", "a.svg", "a"])
def test_content_is_text_whatever_it_is(admin_client, run, name):
    artifact = keep(run, name, f'{HOSTILE}"><img src=x onerror=alert(1)>')

    text = page(admin_client, artifact)

    assert HOSTILE not in text
    assert "<img src=x" not in text


def test_markdown_leads_to_files_of_its_own_run(admin_client, run, make_run):
    picture = keep(run, "shots/a.gif", GIF)
    keep(make_run(status="completed"), "other.gif", GIF)
    keep(run, "data.csv", "a,b")
    images = "![a](shots/a.gif) ![b](other.gif) ![c](data.csv)"
    artifact = keep(run, "report.md", images)

    text = page(admin_client, artifact)

    assert text.count("<img") == 1
    assert f'src="{address("picture", picture)}"' in text


def test_a_picture_is_sent_as_what_it_is_and_does_nothing(admin_client, run):
    answer = admin_client.get(address("picture", keep(run, "a.png", GIF)))

    assert answer["Content-Type"] == "image/gif"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == SANDBOX
    assert "attachment" not in answer["Content-Disposition"]
    assert b"".join(answer.streaming_content) == GIF


def test_nobody_keeps_what_is_sent(admin_client, run):
    artifact = keep(run, "a.gif", GIF)
    download = artifact_path(run.pk, "a.gif")
    log = reverse("run-log", args=[run.pk])
    logs = [
        reverse(f"admin:runs_run_log_{kind}", args=[run.pk]) for kind in ("raw", "gz")
    ]

    for where in (download, log, *logs, address("picture", artifact)):
        answer = admin_client.get(where)
        b"".join(answer.streaming_content)
        assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", ")), (
            where
        )
        assert answer["X-Content-Type-Options"] == "nosniff", where


def test_an_svg_is_shown_as_a_picture_that_runs_nothing(admin_client, run):
    artifact = keep(run, "a.svg", SVG)

    assert f'<img src="{address("picture", artifact)}"' in page(admin_client, artifact)
    answer = admin_client.get(address("picture", artifact))
    assert b"".join(answer.streaming_content) == SVG.encode()
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Security-Policy"] == SANDBOX


@pytest.mark.parametrize("content", [HOSTILE, b"", b"<html><svg>"])
def test_what_is_no_picture_is_not_sent_as_one(admin_client, run, content):
    answer = admin_client.get(address("picture", keep(run, "a.png", content)))

    assert answer.status_code == 404
    assert answer["Content-Type"] == "text/plain"


def test_a_picture_that_is_too_large_is_not_sent_as_one(admin_client, run):
    artifact = keep(run, "a.gif", GIF, size_bytes=21 * 2**20)

    answer = admin_client.get(address("picture", artifact))

    assert answer.status_code == 404
    assert "download it" in answer.content.decode()
    assert "so it is not shown; download it." in page(admin_client, artifact)


def test_a_picture_with_too_many_pixels_is_not_sent_as_one(admin_client, run):
    huge = b"GIF89a\xff\xff\xff\xff\0\0\0;"
    picture = keep(run, "a.gif", huge)
    keep(run, "b.md", "![bomb](a.gif)")

    assert admin_client.get(address("picture", picture)).status_code == 404
    assert "<img" not in page(admin_client, picture)


def test_files_that_take_long_are_left_to_be_fetched(admin_client, run, monkeypatch):
    for number in range(3):
        keep(run, f"note{number}.md", f"# Title {number}")
    monkeypatch.setattr(admin_artifacts, "OPEN_S", 0)

    text = run_page(admin_client, run)

    assert text.count('<details class="hub-artifact-preview" open data-fetch=') == 3
    assert "Title 0</h" not in text


def test_what_is_not_there_is_404(admin_client, run, make_run):
    other = keep(make_run(status="completed"), "a.gif", GIF)
    other.run = run

    for view in ("artifact", "picture", "compare"):
        assert admin_client.get(address(view, other)).status_code == 404


@pytest.mark.parametrize("view", ["artifact", "picture", "compare"])
def test_who_may_not_see_the_run_does_not_see_its_files(
    colleague, client, run, hello, view
):
    where = address(view, keep(run, "a.gif", GIF))

    assert client.get(where).status_code == 302
    assert colleague("").get(where).status_code == 403
    seen = colleague("Viewer").get(where)
    assert seen.status_code == 200
    assert b"".join(seen)
    hello.groups.add(Group.objects.create(name="others"))
    assert colleague("Operator").get(where).status_code == 404


def test_the_page_asks_the_database_as_often_however_many_files(
    admin_client, run, django_assert_num_queries
):
    where = reverse("admin:runs_run_change", args=[run.pk])
    keep(run, "0.bin", b"x")
    with CaptureQueriesContext(connection) as few:
        admin_client.get(where)
    for number in range(1, 40):
        keep(run, f"{number}.bin", b"x")

    with django_assert_num_queries(len(few)):
        admin_client.get(where)
