"""The list of scripts: found by what one remembers, with what is wrong, one click away."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from apps.tasks.favourites import is_favourite
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/scripts/script/"
TAGGED = """#!/bin/sh
# /// script
# [tool.automation-hub]
# title = "Back up the shop"
# description = "Nightly, to the other site"
# tags = ["storage", "nightly"]
# queue = "heavy"
# ///
"""


@pytest.fixture
def shop(add_script):
    return add_script("db/backup.sh", TAGGED)


@pytest.fixture
def read(admin_client):
    def read(query=""):
        return text_of(admin_client.get(f"{LIST}?{query}"))

    return read


@pytest.mark.parametrize(
    "words", ["backup", "SHOP", "other+site", "torag", "shop+nightly"]
)
def test_a_script_is_found_by_what_is_said_of_it(read, shop, hello, words):
    text = read(f"q={words}")

    assert "db/backup.sh" in text
    assert "hello.py" not in text


@pytest.mark.parametrize("query", ["q=backup+greeting", "tag=stor", "queue=default"])
def test_what_does_not_fit_is_not_found(read, shop, query):
    assert "db/backup.sh" not in read(query)


@pytest.mark.parametrize("query", ["tag=storage", "queue=heavy", "folder=db"])
def test_tags_queues_and_folders_narrow_it_down(read, shop, hello, query):
    text = read(query)

    assert "db/backup.sh" in text
    assert "hello.py" not in text


def test_a_row_shows_title_name_tags_and_queue(read, shop):
    assert "Back up the shop db/backup.sh storage nightly queue heavy" in read()


def test_a_broken_script_is_told_at_the_top_and_in_its_row(read, add_script):
    add_script("bad.py", "#!/usr/bin/env python3\ndef broken(:\n")

    text = read()

    assert "1 script cannot be read , so it cannot be run" in text
    assert "broken Line 2: This is not valid Python" in text


def test_an_empty_list_says_where_the_folder_is(read, scripts_dir):
    assert f"Put an executable file into {scripts_dir}, then look" in read()


def test_what_is_left_out_is_told_with_the_reason(admin_client, shop, scripts_dir):
    (scripts_dir / "notes").write_text("#!/bin/sh\n")

    text = text_of(admin_client.get(reverse("admin:scripts_script_left_out")))

    assert "notes It has a #! line but is not executable; run chmod +x on it." in text


def test_a_folder_that_cannot_be_read_is_a_sentence(admin_client, settings, tmp_path):
    settings.SCRIPTS_DIR = tmp_path / "nowhere"

    text = text_of(admin_client.get(reverse("admin:scripts_script_left_out")))

    assert "cannot be read: No such file or directory." in text


def test_names_of_what_is_left_out_are_for_editors(make_user, shop):
    client = Client()
    client.force_login(make_user("ann", "Operator", is_staff=True))

    assert client.get(reverse("admin:scripts_script_left_out")).status_code == 403
    assert "What is left out" not in client.get(LIST).content.decode()


def test_the_star_of_a_row_leads_back_to_the_list(admin_client, admin_user, shop):
    url = reverse("admin:hub_favourite", args=["script", shop.pk])
    assert f'formaction="{url}"' in admin_client.get(LIST).content.decode()

    answer = admin_client.post(url, {"next": f"{LIST}?q=shop"})

    assert answer["Location"] == f"{LIST}?q=shop"
    assert is_favourite(user=admin_user, what=shop)
    pressed = admin_client.get(LIST).content.decode()
    assert 'aria-pressed="true" aria-label="Favourite: db/backup.sh"' in pressed


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example", "\\\\evil"]
)
def test_the_star_leads_nowhere_else(admin_client, shop, away):
    url = reverse("admin:hub_favourite", args=["script", shop.pk])

    answer = admin_client.post(url, {"next": away})

    page = reverse("admin:scripts_script_change", args=[shop.pk])
    assert answer["Location"] == page


def test_the_last_run_says_when(admin_client, hello, make_run):
    run = make_run(script=hello, status="failed")

    text = admin_client.get(LIST).content.decode()

    assert reverse("admin:runs_run_change", args=[run.pk]) in text
    assert f'title="{run.queued_at:%Y-%m-%d %H:%M:%S} UTC" data-show="short"' in text
