"""Scripts and tasks with a star, and running them from the home page."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from apps.runs.models import Run
from apps.tasks.models import Favourite, Task

pytestmark = pytest.mark.django_db

NEEDY = """#!/usr/bin/env python3
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--name", required=True)
parser.parse_args()
"""


@pytest.fixture
def star(admin_client):
    def given(kind: str, pk: int, client: Client = admin_client, end="") -> int:
        return client.post(f"/admin/favourites/{kind}/{pk}/{end}").status_code

    return given


def home(client) -> str:
    return client.get("/admin/").content.decode()


def starred(client, address) -> tuple[str, str]:
    """Where the star of a page leads, and whether it is given."""
    page = client.get(address).content.decode()
    action = re.search(r'class="hub-star" method="post" action="([^"]+)"', page)
    return action[1], re.search(r'hub-tool" type="submit" aria-pressed="(\w+)"', page)[
        1
    ]


def test_a_star_puts_a_script_on_the_home_page_and_off_again(
    hello, admin_client, admin_user
):
    page = f"/admin/scripts/script/{hello.pk}/change/"
    address = f"/admin/favourites/script/{hello.pk}/run/"

    star, is_given = starred(admin_client, page)
    admin_client.post(star)
    assert (is_given, starred(admin_client, page)[1]) == ("false", "true")
    assert address in home(admin_client)

    admin_client.post(starred(admin_client, page)[0])
    assert address not in home(admin_client)
    assert not Favourite.objects.filter(user=admin_user).exists()


@pytest.mark.parametrize(("end", "count"), [("", 1), ("off/", 0)])
def test_a_star_that_is_clicked_twice_is_as_after_one_click(star, hello, end, count):
    star("script", hello.pk)
    for _click in range(3):
        assert star("script", hello.pk, end=end) == 302
    assert Favourite.objects.count() == count


def test_the_star_of_a_row_takes_away_what_is_given(star, admin_client, hello):
    address = f'formaction="/admin/favourites/script/{hello.pk}/off/"'
    assert address not in admin_client.get("/admin/scripts/script/").content.decode()
    star("script", hello.pk)
    assert address in admin_client.get("/admin/scripts/script/").content.decode()


def test_one_click_runs_what_needs_nothing(admin_client, hello):
    answer = admin_client.post(f"/admin/favourites/script/{hello.pk}/run/")

    run = Run.objects.get()
    assert answer.url == f"/admin/runs/run/{run.pk}/change/"
    assert (run.trigger, run.parameters) == ("admin", {})


def test_what_needs_parameters_leads_to_its_form(star, admin_client, add_script):
    script = add_script("needy.py", NEEDY)
    form = f"/admin/scripts/script/{script.pk}/run/"
    star("script", script.pk)

    assert f'href="{form}"' in home(admin_client)
    answer = admin_client.post(f"/admin/favourites/script/{script.pk}/run/")

    assert answer.url == form
    assert not Run.objects.exists()


def test_a_task_with_a_star_runs_with_its_parameters(star, admin_client, hello):
    task = Task.objects.create(name="greet", script=hello)
    star("task", task.pk)

    assert f'action="/admin/tasks/task/{task.pk}/run/"' in home(admin_client)


def test_nobody_gives_a_star_to_what_they_may_not_know(star, hello, make_user):
    hello.groups.add(Group.objects.create(name="few"))
    client = Client()
    client.force_login(make_user("oda", "Operator", is_staff=True))

    assert star("script", hello.pk, client) == 404
    assert client.post(f"/admin/favourites/script/{hello.pk}/run/").status_code == 404
    assert not Favourite.objects.exists()


def test_who_may_only_look_runs_nothing(star, hello, make_user):
    client = Client()
    client.force_login(make_user("vera", "Viewer", is_staff=True))
    star("script", hello.pk, client)

    assert "hello.py" in home(client)
    assert client.post(f"/admin/favourites/script/{hello.pk}/run/").status_code == 403
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.test/", "https://evil.test", "/\\evil.test", "javascript:alert(1)", ""],
)
def test_a_star_leads_back_within_the_hub_alone(admin_client, hello, elsewhere):
    address = f"/admin/favourites/script/{hello.pk}/"

    for back, there in (
        (elsewhere, f"/admin/scripts/script/{hello.pk}/change/"),
        ("/admin/scripts/script/?q=x", "/admin/scripts/script/?q=x"),
    ):
        assert admin_client.post(address, {"next": back})["Location"] == there


def test_a_star_of_another_kind_or_of_nothing_is_not_there(star, db):
    assert star("script", 12345) == 404
    assert star("task", 9_999_999_999_999_999_999) == 404
