"""Cancelling many runs at once: what is active is asked, the rest is counted."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.runs import services
from apps.runs.models import OutboxMessage, Run
from apps.runs.services import Cancelled, control
from tests.integration.runs.meanwhile import before_an_update

pytestmark = pytest.mark.django_db

LIST = "admin:runs_run_changelist"


@pytest.fixture
def cancel_all(make_user):
    """Cancel the whole list as an operator does, with this filter, or runs that are
    ticked; what it says."""
    client = Client()
    client.force_login(make_user("ann", "Operator", is_staff=True))

    def cancel(*runs, query="", across="1"):
        form = {"action": "cancel_selected", "select_across": across}
        form["_selected_action"] = [str(run.pk) for run in runs]
        answer = client.post(reverse(LIST) + query, form, follow=True)
        return [str(message) for message in answer.context["messages"]]

    return cancel


def statuses():
    return sorted(Run.objects.values_list("status", flat=True))


def test_one_message_says_what_became_of_all(cancel_all, make_run):
    states = ("queued", "queued", "running", "failed", "completed")
    runs = [make_run(status=status) for status in states]

    said = cancel_all(*runs, across="0")

    assert said == ["Asked 3 runs to stop. 2 had ended already."]
    assert statuses() == ["cancelled", "cancelled", "completed", "failed", "running"]
    assert Run.objects.get(status="running").cancel_requested_at is not None


def test_a_filter_holds_for_what_is_cancelled(cancel_all, make_run):
    run, other = make_run(), make_run(trigger="cli")

    said = cancel_all(run, query="?trigger=cli")

    other.refresh_from_db()
    assert said == ["Asked 1 run to stop."]
    assert (other.status, statuses()) == ("cancelled", ["cancelled", "queued"])


def test_runs_of_a_script_limited_to_others_stay(cancel_all, make_run, closed):
    run, hidden = make_run(), make_run(script=closed)
    closed.groups.add(Group.objects.create(name="night shift"))

    assert cancel_all(run) == ["Asked 1 run to stop."]

    hidden.refresh_from_db()
    assert hidden.status == "queued"


def test_what_is_over_the_bound_is_said(cancel_all, make_run, monkeypatch):
    monkeypatch.setattr(control, "MOST_CANCELLED", 3)
    monkeypatch.setattr(control, "CANCEL_BATCH", 2)
    runs = [make_run(status="failed"), *(make_run() for _ in range(5))]

    (said,) = cancel_all(runs[0])

    # What had ended is not counted, where all are meant: it may be a million.
    assert said.startswith("Asked 3 runs to stop. That was as")
    assert "2 more are active" in said
    # The oldest ones, so that none of them is started meanwhile.
    assert [Run.objects.get(pk=run.pk).status for run in runs] == [
        *("failed", "cancelled", "cancelled", "cancelled", "queued", "queued"),
    ]


def test_what_has_ended_costs_nothing(make_run):
    def count():
        with CaptureQueriesContext(connection) as queries:
            services.cancel_runs(runs=Run.objects.all())
        return len(queries)

    make_run(status="failed")
    few = count()
    for _ in range(20):
        make_run(status="completed")

    assert count() == few == 2


def test_the_number_of_runs_is_not_that_of_queries(make_run):
    for _ in range(20):
        make_run()

    with CaptureQueriesContext(connection) as queries:
        done = services.cancel_runs(runs=Run.objects.all())

    assert done == Cancelled(asked=20, ended=0, left=0)
    assert len(queries) <= 9, [query["sql"] for query in queries]


def test_a_run_that_ends_meanwhile_is_counted_so(make_run):
    first, _other = make_run(), make_run()
    end = Run.objects.filter(pk=first.pk)

    with before_an_update(lambda: end.move("failed", reason="expired")):
        services.cancel_runs(runs=Run.objects.all())

    assert statuses() == ["cancelled", "failed"]


def test_receivers_are_told_of_what_was_queued(make_run, settings):
    settings.RUN_RECEIVERS = ["tests.somewhere.receiver"]
    queued, _running, _ended = (
        make_run(status=s) for s in ("queued", "running", "failed")
    )

    services.cancel_runs(runs=Run.objects.all())

    assert [m.run_id for m in OutboxMessage.objects.all()] == [queued.pk]
