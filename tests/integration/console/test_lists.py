"""What all lists of the console have alike: moments, filters, and what to do next."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from apps.accounts.models import Token
from apps.core.admin import HubAdmin
from apps.runs.models import Run, Worker
from apps.tasks.models import ConcurrencyGroup, Schedule, Task

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
# The pages that are no list of the admin's making.
OWN = {Run, Worker}


def each_list():
    models = [model for model in admin.site._registry if model not in OWN]
    return [pytest.param(model, id=model._meta.label_lower) for model in models]


def address(model):
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")


@pytest.fixture
def token(admin_user):
    return Token.objects.create(
        name="ci", user=admin_user, prefix="x" * 8, digest="y", scopes="read"
    )


@pytest.mark.parametrize("model", each_list())
def test_an_empty_list_says_what_to_do_next(admin_client, model):
    if model is not User:
        model._default_manager.all().delete()
    query = "?q=nothing-is-called-so" if model is User else ""

    text = admin_client.get(address(model) + query).content.decode()

    said = re.search(r'class="hub-empty" role="status">\s*<p>(.+?)</p>', text, re.S)
    assert said
    assert str(HubAdmin.when_empty) not in said[1]


def test_a_list_of_no_runs_leads_to_the_scripts(admin_client):
    text = admin_client.get(address(Run)).content.decode()

    assert "Nothing has run yet." in text
    assert 'class="button" href="/admin/scripts/script/"' in text


def test_a_list_without_what_was_searched_for_leads_back_to_all(admin_client, token):
    text = admin_client.get(f"{address(Token)}?q=nothing").content.decode()

    assert "Nothing fits what was searched for or filtered by." in text
    assert '<a href="?">Show all</a>' in text


def test_moments_of_a_list_have_utc_on_hover(admin_client, token):
    Token.objects.update(last_used_at=AT)

    text = admin_client.get(address(Token)).content.decode()

    assert (
        '<time datetime="2026-03-08T07:30:00Z" title="2026-03-08 07:30:00 UTC"' in text
    )


def test_moments_of_a_page_have_utc_on_hover(admin_client, token):
    Token.objects.update(created_at=AT)
    url = reverse("admin:accounts_token_change", args=[token.pk])

    text = admin_client.get(url).content.decode()

    assert '<div class="readonly"><time datetime="2026-03-08T07:30:00Z"' in text


def test_a_list_is_still_sorted_by_its_moments(admin_client, token):
    Token.objects.create(
        name="old",
        user=token.user,
        prefix="z" * 8,
        digest="z",
        last_used_at=AT,
        scopes="read",
    )
    Token.objects.filter(name="ci").update(last_used_at=AT + timedelta(days=1))
    header = admin_client.get(address(Token)).content.decode()
    query = re.search(
        r'class="[^"]*column-last_used_at.*?href="(\?o=[^"]+)"', header, re.S
    )

    text = admin_client.get(address(Token) + query[1]).content.decode()

    assert text.index(">old<") < text.index(">ci<")


def test_cells_bear_the_names_of_their_columns(admin_client, token):
    text = admin_client.get(address(Token)).content.decode()

    assert '<td data-label="Prefix" class="field-prefix">' in text


def test_a_filter_says_what_is_chosen_and_stands_in_the_address(admin_client):
    text = admin_client.get(f"{address(User)}?state=console").content.decode()

    assert re.search(r"<summary>State: <strong>console</strong></summary>", text)
    assert 'href="?">Clear all filters</a>' in text


@pytest.mark.parametrize("label", ["runs", "scripts", "tasks", "accounts", "auth"])
def test_no_page_speaks_of_administration(admin_client, label):
    text = admin_client.get(f"/admin/{label}/").content.decode()

    assert "administration" not in text.lower()


@pytest.mark.parametrize(
    ("language", "foot"), [("en", "1 user"), ("zh-hans", "共 1 个用户")]
)
def test_the_foot_of_a_list_counts_as_the_reader_does(admin_client, language, foot):
    answer = admin_client.get(address(User), headers={"accept-language": language})
    paginator = re.search(
        r'<p class="paginator">(.+?)</p>', answer.content.decode(), re.S
    )
    assert " ".join(paginator[1].split()) == foot


@pytest.mark.parametrize("model", [Task, Schedule, ConcurrencyGroup])
@pytest.mark.parametrize("role", ["Viewer", "Editor"])
def test_who_may_add_nothing_is_not_told_to(client, make_user, model, role):
    client.force_login(make_user("ann", role, is_staff=True))
    text = client.get(address(model)).content.decode()
    then = str(admin.site.get_model_admin(model).then_add)
    assert (then in text) == (role == "Editor")
    assert str(admin.site.get_model_admin(model).when_empty) in text
