"""Searches of runs: just the rows that fit, whatever is asked for, and in their order."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from apps.core import ids
from apps.runs import listing, searching
from apps.runs.models import Run, RunStatus
from apps.runs.searching import Search, named
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(hello, closed, add_script, make_run, monkeypatch):
    # Behind ids that another test made in the future, all would be of one millisecond.
    monkeypatch.setattr(ids, "_last", 0)
    other = add_script("other.sh", "#!/bin/sh\n")
    closed.groups.add(Group.objects.create(name="Insiders"))
    greet = Task.objects.create(name="greet", script=hello)
    kinds = [
        {"script": hello, "task": greet},
        {"script": closed, "task": greet, "requested_by_name": "ann"},
        {"script": other, "trigger": "cli", "note": "By HELLO"},
        {"script": hello, "trigger": "choices"},
        {"script": other, "queue": "gpu", "requested_by_name": "ann"},
    ]
    for number in range(40):
        status = list(RunStatus)[number // 5 % 5]
        error = "Error at # of other" if status == "failed" else None
        make_run(status=status, fingerprint=error, **kinds[number % 5])
    return greet


@pytest.fixture(params=["superuser", "operator", "insider"])
def reader(request, world, make_user):
    roles = ["Operator"] + ["Insiders"] * (request.param == "insider")
    return make_user("ann", *roles, is_superuser=request.param == "superuser")


def searches(reader):
    middle = Run.objects.order_by("id").values_list("queued_at", flat=True)[20]
    for statuses in ((), ("failed",), ("queued", "failed")):
        for about in (
            {},
            {"since": middle},
            {"until": middle},
            {"trigger": "cli"},
            {"trigger": "choices"},
            {"who": "ann"},
            {"who": "ann", "script": "other.sh"},
            {"queue": "gpu", "since": middle},
            {"text": "hello"},
            {"text": "error at 17 of other", "task": "greet"},
            {"named": named(reader, "o")},
            {"named": named(reader, "greet")},
        ):
            yield Search(reader, statuses, **about)


@pytest.mark.parametrize(
    ("many", "looked_at"), [(listing.MANY_BRANCHES, 20_000), (1, 20_000), (1, 9)]
)
def test_every_search_walks_through_just_what_fits(
    reader, many, looked_at, monkeypatch
):
    monkeypatch.setattr(listing, "MANY_BRANCHES", many)
    monkeypatch.setattr(searching, "MANY_BRANCHES", many)
    monkeypatch.setattr(searching, "LOOKED_AT", looked_at)
    for search in searches(reader):
        fitting = search.queryset().order_by("-id").values_list("pk", flat=True)
        walked = [row["id"] for rows in search.every(4) for row in rows]
        assert walked == list(fitting), search
        back = search.look(None, False, 60)
        if back.reached is None:
            assert [row["id"] for row in back.rows] == walked[::-1], search


def test_the_test_above_has_something_to_find(make_user, world):
    ann = make_user("ann", is_superuser=True)
    wide = [search for search in searches(ann) if not search.statuses]
    counts = [search.queryset().count() for search in wide]
    assert all(counts), counts


def test_every_row_comes_however_many_batches_that_takes(world, admin_user):
    expected = list(Run.objects.exclude(trigger="choices").order_by("-pk"))
    assert len(expected) == 32

    for search, size in ((Search(admin_user), 7), (Search(admin_user, queue="gpu"), 3)):
        found = [row["id"] for batch in search.every(size) for row in batch]

        fits = [run.pk for run in expected if search.queue in ("", run.queue)]
        assert found == fits


def test_every_row_comes_also_where_few_are_looked_at_a_time(
    world, admin_user, monkeypatch
):
    monkeypatch.setattr(searching, "LOOKED_AT", 4)
    search = Search(admin_user, queue="gpu")

    found = [row["id"] for batch in search.every(3) for row in batch]

    assert len(found) == Run.objects.filter(queue="gpu").count() == 8
