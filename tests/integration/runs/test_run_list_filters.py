"""Filters of the list of runs: which rows they leave, and what they say of nonsense."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import searching
from apps.tasks.models import Schedule, Task
from tests.integration.runs.test_run_list import page, shown

pytestmark = pytest.mark.django_db


# -- In the address ------------------------------------------------------------------
def test_each_filter_of_the_address_is_kept_and_can_be_taken_away(
    admin_client, make_run, hello
):
    task = Task.objects.create(name="greet", script=hello)
    schedule = Schedule.objects.create(task=task, every_s=60, label="often")
    query = (
        f"?status=queued&script=hello.py&task=greet&schedule={schedule.pk}"
        "&trigger=api&who=ann&queue=gpu&period=24h&from=2026-01-01&q=x"
    )
    run = make_run(
        task=task,
        schedule=schedule,
        requested_by_name="ann",
        queue="gpu",
        note="x",
    )
    make_run()

    found, text = page(admin_client, query)

    assert [row["id"] for row in found.found] == [run.pk]
    assert found.filters.address() == query
    assert not found.filters.problems
    assert len(found.chips()) == 10
    for chip in found.chips():
        assert len(chip.address) < len(query)
        assert shown(admin_client, chip.address)[0] == run.pk
    assert "often" in text


@pytest.mark.parametrize(
    "query",
    ["status__exact=failed", "script__id__exact={0.script_id}", "trigger__exact=cli"],
)
def test_addresses_as_they_were_before_still_work(
    admin_client, make_run, closed, query
):
    run = make_run(script=closed, status="failed", trigger="cli")
    make_run()
    assert shown(admin_client, f"?{query.format(run)}") == [run.pk]


def test_a_status_is_added_and_taken_away_by_a_click(admin_client, make_run):
    make_run()
    found, _text = page(admin_client, "?status=queued&q=hello")
    links = {choice.label: choice.address for choice in found.statuses()}
    assert links["queued"] == "?q=hello"
    assert links["failed"] == "?status=queued&status=failed&q=hello"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("status=bogus", "status: bogus is not one of queued, running"),
        ("trigger=bogus", "trigger: bogus is not one of api"),
        ("period=bogus", "period: bogus is not one of 1h, 24h, 7d, 30d."),
        ("from=yesterday", "from: "),
        ("from=2026-02-02&to=2026-02-01", "before it begins"),
        ("schedule=x", "schedule: x is not the id of one."),
        ("script__id__exact=999", "script: there is none with the id 999."),
        ("after=x", "after: x is not a place in the list"),
        ("colour=red", "The list of runs knows no filter colour."),
        ("q=" + "x" * 300, "only its first 200 characters"),
    ],
)
def test_what_makes_no_sense_is_said(admin_client, make_run, query, sentence):
    make_run()
    assert sentence in page(admin_client, f"?{query}")[1]


def test_a_time_is_that_of_the_queue(admin_client, make_run):
    def at(**ago):
        moment = timezone.now() - timedelta(**ago)
        pk = uuid.UUID(int=first_uuid7(moment).int + 7)
        return make_run(id=pk, queued_at=moment).pk

    last, today, week = at(minutes=5), at(hours=5), at(days=5)
    assert shown(admin_client, "?period=1h") == [last]
    assert shown(admin_client, "?period=24h") == [last, today]
    assert shown(admin_client, "?period=7d") == [last, today, week]
    day = (timezone.now() - timedelta(days=5)).astimezone(
        timezone.get_default_timezone()
    )
    assert shown(admin_client, f"?from={day:%Y-%m-%d}&to={day:%Y-%m-%d}") == [week]


def test_the_narrower_of_two_beginnings_counts(admin_client, make_run):
    old, new = timezone.now() - timedelta(hours=5), timezone.now()
    far, near = (new - timedelta(days=2)).date(), new - timedelta(minutes=5)
    for moment in (old, new):
        pk = uuid.UUID(int=first_uuid7(moment).int + 7)
        make_run(id=pk, queued_at=moment)
    assert len(shown(admin_client, f"?period=24h&from={far}")) == 2
    assert len(shown(admin_client, f"?period=24h&from={near:%Y-%m-%dT%H:%M}Z")) == 1


def test_an_end_before_the_beginning_is_not_kept(admin_client, make_run):
    found, _text = page(admin_client, "?from=2026-02-02&to=2026-02-01")
    assert found.filters.address() == "?from=2026-02-02"
    assert found.filters.search.until is None


# -- Text ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    ["the new DISK", "KeyError at row 17", "disk is", "greet", "lo.py"],
)
def test_a_text_is_found_in_names_notes_and_errors(
    admin_client, make_run, closed, hello, text
):
    task = Task.objects.create(name="Greeting", script=hello)
    run = make_run(
        task=task,
        status="failed",
        note="The new disk is in",
        fingerprint="KeyError at row #",
    )
    make_run(script=closed)
    assert shown(admin_client, f"?q={text}") == [run.pk]


def test_the_end_of_an_id_as_it_is_shown_is_found(admin_client, make_run):
    run, _other = make_run(), make_run()
    assert shown(admin_client, f"?q={str(run.pk)[-12:]}") == [run.pk]


def test_what_is_no_name_of_a_pattern_is_taken_as_it_is(admin_client, make_run):
    make_run(note="100 percent"), make_run(note="a_b")
    run = make_run(note="100%")
    assert shown(admin_client, "?q=100%25") == [run.pk]


def test_how_far_it_was_looked_is_said_and_the_next_page_goes_on_there(
    admin_client, make_run, monkeypatch
):
    monkeypatch.setattr(searching, "LOOKED_AT", 60)
    old = make_run(note="the needle")
    for _number in range(100):
        make_run()

    found, text = page(admin_client, "?q=needle")

    assert found.found == []
    assert "None of the runs that were looked through matches." in text
    assert "Look further back" in text
    assert shown(admin_client, found.older) == [old.pk]
