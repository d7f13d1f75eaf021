"""Versions, sources and differences in the admin."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from apps.runs import worker
from apps.scripts import highlighting, version_pages
from apps.scripts.models import ScriptVersion

pytestmark = pytest.mark.django_db

ONE = "#!/bin/sh\necho one # </script><b>bold</b>\n"
TWO = "#!/bin/sh\necho two # </script><b>bold</b>\n"
HOME = "/admin/scripts/script"


@pytest.fixture
def changed(add_script):
    add_script("a.sh", ONE)
    return add_script("a.sh", TWO)


@pytest.fixture
def page(admin_client):
    """Read a page; what a strict policy forbids is in none of ours."""

    def read(path, status=200):
        answer = admin_client.get(f"{HOME}/{path}")
        assert answer.status_code == status
        text = answer.content.decode()
        assert "<b>bold" not in text
        assert "</script><b" not in text
        assert not re.search(r"\sstyle=|\son\w+=", text)
        return text

    return read


def plain(text):
    """Return a page's text without its tags."""
    return " ".join(re.sub(r"<[^>]*>", "", text).split())


def test_a_scripts_page_shows_its_source_and_versions(page, changed):
    text = page(f"{changed.pk}/change/")

    assert '<span class="nb">echo</span>' in text
    assert 'href="#L-2"' in text
    assert "&lt;/script&gt;" in text
    assert re.search("Version 2 current .* Version 1 .* All versions", plain(text))
    assert f"{HOME}/{changed.pk}/diff/?from=1&amp;to=2" in text
    assert "hub/source-colours.css" in text


def test_versions_are_listed_with_their_runs(page, changed, make_run):
    make_run(script=changed)
    worker.look()

    table = page(f"{changed.pk}/versions/").rpartition("<tbody>")[2]
    new, old = table.split("</tr>")[:2]

    assert "Version 2 current" in plain(new)
    assert 'data-label="Runs">1<' in new
    assert "Version 1" in plain(old)
    assert 'data-label="Runs">0<' in old
    assert f"{HOME}/{changed.pk}/diff/?from=1&amp;to=2" in new


def test_many_versions_are_listed_by_pages(page, changed, monkeypatch):
    monkeypatch.setattr(version_pages, "VERSIONS_A_PAGE", 1)

    assert "Version 2" in page(f"{changed.pk}/versions/")
    assert "Version 1" in page(f"{changed.pk}/versions/?page=2")
    assert "Version 1" in page(f"{changed.pk}/versions/?page=99")


def test_a_version_has_a_page_with_its_source(page, changed):
    text = page(f"{changed.pk}/versions/1/")

    assert "one" in text
    assert f"{HOME}/{changed.pk}/diff/?from=1&amp;to=2" in text


def test_a_difference_is_shown_by_lines(page, changed):
    text = page(f"{changed.pk}/diff/?from=1&to=2")

    assert "1 line added" in text
    assert 'class="hub-line-removed"><td class="hub-lineno">2</td>' in text
    assert "echo two # &lt;/script&gt;" in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?from=1&to=1", "do not differ"),
        ("?to=1", "No version before 1"),
        ("?from=9", "no version 9"),
        ("?from=%20", "at least 12 digits"),
        (f"?from={'9' * 400}", "at least 12 digits"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(page, changed, query, sentence):
    assert sentence in page(f"{changed.pk}/diff/{query}")


def test_what_differs_by_its_ends_of_line_is_visible(page, add_script):
    add_script("a.sh", "echo\n")
    script = add_script("a.sh", "echo\r\nno end")

    text = page(f"{script.pk}/diff/")

    assert "echo␍" in text
    assert "(no end of line)" in text


def test_a_long_difference_is_cut(page, add_script, monkeypatch):
    monkeypatch.setattr(version_pages, "MAX_SHOWN_LINES", 3)
    add_script("a.sh", "".join(f"{n}\n" for n in range(20)))
    script = add_script("a.sh", "x" * 5000)

    text = page(f"{script.pk}/diff/")

    assert "Only the first 3 lines are shown" in text


def test_a_long_source_is_shown_without_colours(page, add_script):
    script = add_script("a.sh", "echo '<b>bold</b>'\n" * 20_000)

    text = page(f"{script.pk}/change/")

    assert "without colours" in text
    assert '<span class="nb">' not in text


@pytest.mark.parametrize("source", [b"\0", b"x" * 2**21])
def test_a_source_that_is_not_kept_says_why(page, scripts_dir, add_script, source):
    (scripts_dir / "bad.py").write_bytes(source)
    add_script("a.sh", ONE)
    version = ScriptVersion.objects.get(script__name="bad.py")

    for path in ("change/", "versions/1/", "diff/?from=1&to=1"):
        text = page(f"{version.script_id}/{path}")
        assert "is kept" in text or "is not kept" in text


@pytest.mark.parametrize("tail", ["versions/", "versions/1/", "diff/"])
def test_pages_are_for_whom_the_script_is(changed, make_user, tail):
    client = Client()
    client.force_login(make_user("ann", "Viewer", is_staff=True))
    url = f"{HOME}/{changed.pk}/{tail}"
    assert client.get(url).status_code == 200

    changed.groups.add(make_user("bob", "Admin").groups.get())
    assert client.get(url).status_code == 404

    nobody = Client()
    nobody.force_login(make_user("eve", is_staff=True))
    assert nobody.get(url).status_code == 403


@pytest.mark.parametrize("tail", ["versions/9/", f"versions/{'9' * 30}/"])
def test_a_version_that_is_not_there_is_not_found(page, changed, tail):
    page(f"{changed.pk}/{tail}", status=404)


def test_a_run_links_to_what_ran_and_what_changed(admin_client, add_script, make_run):
    script = add_script("a.sh", ONE)
    make_run(script=script)
    worker.look()
    run = make_run(script=add_script("a.sh", TWO))
    waiting = admin_client.get(f"/admin/runs/run/{run.pk}/change/").content.decode()
    worker.look()

    text = admin_client.get(f"/admin/runs/run/{run.pk}/change/").content.decode()

    assert "Version" not in waiting
    assert f'href="{HOME}/{script.pk}/versions/2/"' in text
    assert f'href="{HOME}/{script.pk}/diff/?from=1&amp;to=2"' in text


def test_a_run_of_the_version_that_last_succeeded_links_to_no_change(
    admin_client, add_script, make_run
):
    script = add_script("a.sh", ONE)
    runs = [make_run(script=script) for _number in range(2)]
    for _run in runs:
        worker.look()

    text = admin_client.get(f"/admin/runs/run/{runs[1].pk}/change/").content.decode()

    assert f'href="{HOME}/{script.pk}/versions/1/"' in text
    assert "/diff/" not in text


def test_scripts_are_filtered_by_folder(admin_client, add_script):
    for name in ("db/deep/a.sh", "db/b.sh", "c.sh"):
        add_script(name, ONE)

    text = admin_client.get(f"{HOME}/?folder=db").content.decode()

    assert ("db/b.sh" in text, "db/deep/a.sh" in text, ">c.sh<" in text) == (
        True,
        True,
        False,
    )
    assert "?folder=db/deep" in text or "?folder=db%2Fdeep" in text


@pytest.mark.parametrize(
    ("name", "first", "word"),
    [
        ("a.py", "import os", '<span class="kn">import</span>'),
        ("deploy", "#!/usr/bin/env -S python3 -u", '<span class="ch">'),
        ("deploy", "#!/bin/bash", '<span class="ch">'),
        ("deploy", "#!/usr/bin/perl -w", '<span class="ch">'),
        ("deploy", "#!/opt/strange", "#!/opt/strange"),
    ],
)
def test_the_language_is_known_by_ending_or_first_line(name, first, word):
    assert word in highlighting.highlighted(name, f"{first}\n")


def test_lines_are_numbered_as_in_the_file():
    shown = highlighting.highlighted("a.py", "\n\nx = 1\n")

    assert 'href="#L-3"' in shown
    assert 'href="#L-4"' not in shown
