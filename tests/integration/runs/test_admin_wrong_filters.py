"""Addresses of lists that no database can look up."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.core.admin import HubAdmin

pytestmark = pytest.mark.django_db

FILTERS = [
    ("runs_run", "queued_at__year=99999999999"),
    ("runs_run", "queued_at__year=2026&queued_at__month=13&queued_at__day=1"),
    ("runs_run", "queued_at__year=x"),
    ("runs_run", "script__id__exact=" + "9" * 5000),
    ("tasks_task", "script__id__exact=x"),
    ("accounts_token", "expires_at__gte=x"),
    ("auth_user", "groups__id__exact=" + "9" * 25),
    ("auth_group", "id__in=" + "9" * 25),
]


def list_url(name, query=""):
    return reverse(f"admin:{name}_changelist") + query


@pytest.mark.parametrize(("name", "query"), FILTERS)
def test_a_filter_that_cannot_be_looked_up_leads_to_the_whole_list(
    admin_client, make_run, name, query
):
    make_run()

    answer = admin_client.get(list_url(name, f"?{query}"), follow=True)

    assert answer.status_code == 200
    # PostgreSQL looks for a number of any size and finds nothing.
    assert answer.redirect_chain in ([], [(list_url(name, "?e=1"), 302)])


def test_a_year_beyond_all_calendars_is_a_wrong_filter(admin_client):
    for mark in ("", "&e=1"):
        query = f"?created_at__year=99999999999{mark}"
        answer = admin_client.get(list_url("runs_outboxmessage", query))
        assert answer["Location"] == list_url("runs_outboxmessage", "?e=1")


def test_the_list_of_runs_does_not_read_the_whole_table_for_a_calendar(
    admin_client, make_run, django_assert_max_num_queries
):
    make_run()

    with django_assert_max_num_queries(20) as queries:
        admin_client.get(list_url("runs_run"))

    asked = [query["sql"] for query in queries if '"runs_run"' in query["sql"]]
    assert asked
    assert not [sql for sql in asked if "MIN(" in sql or "DISTINCT" in sql]


def test_every_list_of_ours_answers_so(admin_client):
    for model, model_admin in admin.site._registry.items():
        assert isinstance(model_admin, HubAdmin), model


def test_a_filter_that_makes_sense_still_filters(admin_client, make_run):
    run, other = make_run(status="failed"), make_run()

    text = admin_client.get(list_url("runs_run", "?status__exact=failed")).content

    assert str(run.pk)[-12:].encode() in text
    assert str(other.pk)[-12:].encode() not in text
