"""All that match: what is done to them is done to those that the list shows."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs.models import Run
from apps.tasks.models import Schedule, Task
from tests.integration.runs.test_run_list import LIST, page, shown

pytestmark = pytest.mark.django_db

EVERY = {"action": "cancel_selected", "index": "0", "select_across": "1"}
QUERIES = (
    *("?status=queued", "?status=running&status=failed", "?script=closed.sh"),
    *("?task=Greeting", "?schedule={schedule}", "?trigger=cli", "?who=bob"),
    *("?queue=gpu", "?period=24h", "?to={day}", "?from={day}&to={day}", "?q=closed"),
    *("?q=Greeting", "?q=needle", "?q=need&in=text", "?q={id}", "?q={id_end}"),
    *("?task=Greeting&script=closed.sh&period=7d", "?q=Greeting&status=queued"),
)


@pytest.fixture
def runs(make_run, closed, hello):
    """Queued runs, each of which is other than the others in one thing."""
    task = Task.objects.create(name="Greeting", script=hello)
    schedule = Schedule.objects.create(task=task, every_s=60, timezone="UTC")
    old = timezone.now() - timedelta(days=5)
    pk = uuid.UUID(int=first_uuid7(old).int + 7)
    return [
        make_run(),
        make_run(script=closed),
        make_run(task=task),
        make_run(task=task, script=closed),
        make_run(task=task, schedule=schedule, trigger="schedule"),
        make_run(trigger="cli"),
        make_run(requested_by_name="bob"),
        make_run(queue="gpu"),
        make_run(note="a needle"),
        make_run(status="running"),
        make_run(id=pk, queued_at=old),
    ]


def asked_to_stop():
    return set(
        Run.objects.filter(cancel_requested_at__isnull=False).values_list(
            "pk", flat=True
        )
    )


def send(client, run, query, **form):
    ticked = {"_selected_action": [str(run.pk)]}
    return client.post(LIST + query, EVERY | ticked | form, follow=True)


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_cancelled_is_what_is_shown(admin_client, runs, query):
    day = (timezone.now() - timedelta(days=5)).astimezone(
        timezone.get_default_timezone()
    )
    query = query.format(
        schedule=runs[4].schedule_id,
        day=f"{day:%Y-%m-%d}",
        id=runs[0].pk,
        id_end=str(runs[0].pk)[-12:],
    )
    expected = set(shown(admin_client, query))
    assert 0 < len(expected) < len(runs)

    send(admin_client, runs[0], query)

    assert asked_to_stop() == expected


def test_what_others_may_not_know_of_is_not_cancelled(make_user, runs, closed):
    closed.groups.add(Group.objects.create(name="night shift"))
    client = Client()
    client.force_login(make_user("ann", "Operator", is_staff=True))

    send(client, runs[0], "?task=Greeting")

    assert asked_to_stop() == {runs[2].pk, runs[4].pk}


@pytest.mark.parametrize("is_action", [True, False])
def test_what_is_exported_is_what_is_shown(make_user, runs, closed, is_action):
    closed.groups.add(Group.objects.create(name="night shift"))
    client = Client()
    client.force_login(make_user("vera", "Viewer", is_staff=True))

    def exported(query):
        if not is_action:
            return ids_in(client.get(f"{LIST}export/{query}"))
        return ids_in(send(client, runs[0], query, action="export_selected"))

    assert exported("?task=Greeting") == [str(runs[4].pk), str(runs[2].pk)]
    assert len(exported("")) == len(runs) - 2
    assert exported("?script=closed.sh") == []


def ids_in(answer):
    text = b"".join(answer.streaming_content).decode()
    return [row["run_id"] for row in csv.DictReader(io.StringIO(text[1:]))]


@pytest.mark.parametrize("action", ["cancel_selected", "run_again_selected"])
def test_the_button_of_a_row_means_that_one_whatever_is_ticked(
    admin_client, make_run, action
):
    status = "failed" if action == "run_again_selected" else "queued"
    runs = [make_run(status=status) for _number in range(3)]

    send(admin_client, runs[0], "", only=f"{action}:{runs[1].pk}")

    assert asked_to_stop() == ({runs[1].pk} if status == "queued" else set())
    assert Run.objects.count() == (4 if status == "failed" else 3)


def test_who_may_not_cancel_cancels_nothing(make_user, make_run):
    run, client = make_run(), Client()
    client.force_login(make_user("vera", "Viewer", is_staff=True))

    send(client, run, "")
    send(client, run, "", select_across="0")
    client.post(LIST, {"only": f"cancel_selected:{run.pk}"})

    assert asked_to_stop() == set()


# -- What stands around the rows ----------------------------------------------------
def test_mine_is_switched_on_and_off(admin_client, make_run):
    make_run()
    found, _text = page(admin_client, "?queue=default")
    assert found.mine().address == "?who=admin&queue=default"
    found, _text = page(admin_client, found.mine().address)
    assert (found.mine().address, found.mine().is_on) == ("?queue=default", True)


def test_the_form_keeps_what_has_no_field_in_it(admin_client, make_run):
    make_run()
    query = "?status=queued&status=failed&schedule=7&period=7d&q=x&in=text"
    found, text = page(admin_client, query)

    kept = [("status", "queued"), ("status", "failed"), ("schedule", "7")]
    assert found.hidden() == [*kept, ("period", "7d"), ("in", "text")]
    assert '<input type="hidden" name="period" value="7d">' in text


def test_a_text_is_taken_away_with_where_it_was_looked_for(admin_client, make_run):
    make_run()
    found, _text = page(admin_client, "?queue=default&q=x&in=text")
    chips = {chip.name: chip.address for chip in found.chips()}
    assert chips["text"] == "?queue=default"
    assert chips["queue"] == "?q=x&in=text"
