"""Lists of runs: the right rows whatever the filter, and always by an index."""

from __future__ import annotations

import itertools
import re

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from apps.runs import listing
from apps.runs.listing import Listing
from apps.runs.models import Run, RunStatus
from apps.tasks.models import Task

pytestmark = pytest.mark.django_db

STATUSES = [(), ("failed",), ("queued", "failed"), tuple(RunStatus.values)]
SCRIPTS = [None, "hello.py", "closed.sh", "gone.sh", "nowhere.sh"]
TASKS = [None, "greet", "idle", "nowhere"]
FILTERS = list(itertools.product(STATUSES, SCRIPTS, TASKS))
COUNT = 7


@pytest.fixture
def world(hello, closed, add_script, make_run):
    """Forty runs in all states: of a script that is open, one for a group, one that
    is no longer known, by a task that ran two of them, and by none."""
    other = add_script("other.sh", "#!/bin/sh\n")
    closed.groups.add(Group.objects.create(name="Insiders"))
    greet = Task.objects.create(name="greet", script=hello)
    Task.objects.create(name="idle", script=other)
    kinds = [
        {"script": hello, "task": greet},
        {"script": hello},
        {"script": closed, "task": greet},
        {"script": hello, "script_name": "gone.sh"},
        {"script": other, "script_name": "hello.py", "task": greet},
        {"script": other},
        {"script": closed},
        {"script": other},
    ]
    states = list(RunStatus)
    for number in range(40):
        kind = kinds[number % len(kinds)]
        make_run(status=states[number // len(kinds) % len(states)], **kind)
    Run.objects.exclude(script_name=F("script__name")).update(script=None)


@pytest.fixture(params=["superuser", "operator", "insider", "nobody"])
def reader(request, world, make_user):
    if request.param == "nobody":
        return AnonymousUser()
    roles = ["Operator"] + ["Insiders"] * (request.param == "insider")
    is_superuser = request.param == "superuser"
    return make_user("ann", *roles, is_superuser=is_superuser)


def expected(reader, statuses, script, task):
    """Return the ids that the filters mean, the newest first, as the database finds
    them by looking at every row."""
    runs = Run.objects.visible_to(reader).order_by("-id")
    if statuses:
        runs = runs.filter(status__in=statuses)
    if script:
        runs = runs.filter(script_name=script)
    if task:
        runs = runs.filter(task__name=task)
    return list(runs.values_list("pk", flat=True))


# With few rows on a page, some scripts have none of them.
@pytest.mark.parametrize(
    ("many", "count"), [(listing.MANY_BRANCHES, 7), (1, 7), (1, 1)]
)
def test_every_filter_finds_its_rows_for_every_reader(reader, many, count, monkeypatch):
    monkeypatch.setattr(listing, "MANY_BRANCHES", many)
    marks = [None, *Run.objects.order_by("id").values_list("pk", flat=True)[5::17]]
    for wanted in FILTERS:
        ids = expected(reader, *wanted)
        lists = Listing(reader, *wanted)
        for mark in marks:
            older = [pk for pk in ids if mark is None or pk < mark]
            newer = [pk for pk in ids[::-1] if mark is None or pk > mark]
            found = [row["id"] for row in lists.fetch(mark, True, count)]
            assert found == older[:count], (wanted, mark)
            found = [row["id"] for row in lists.fetch(mark, False, count)]
            assert found == newer[:count], (wanted, mark)


def test_a_row_is_what_one_run_is_read_as(world, make_user):
    admin = make_user("ann", is_superuser=True)

    for row in Listing(admin).fetch(None, True, 40):
        assert row == listing.rows(Run.objects).get(pk=row["id"])


# -- Plans -----------------------------------------------------------------------
def plan_of(sql):
    """Return how the database goes about it, a line each, told not to read tables
    whole even where they are as small as these."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        else:
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute(f"EXPLAIN {sql}")
        return [str(row[-1]).strip() for row in cursor.fetchall()]


def plans(reader, wanted):
    """Yield the plan of each query about runs."""
    mark = Run.objects.order_by("id").values_list("pk", flat=True)[20]
    with CaptureQueriesContext(connection) as captured:
        Listing(reader, *wanted).fetch(mark, True, COUNT)
    for query in captured:
        if "runs_run" in query["sql"]:
            yield plan_of(query["sql"])


def fixed_columns(reader, statuses, script, task):
    """Return the columns that have one value in each part of what is read."""
    sees_all = reader.is_superuser or reader.groups.filter(name="Insiders").exists()
    given = {
        "task_id": task,
        "status": 0 < len(statuses) < len(RunStatus),
        "script_id": script or not sees_all,
    }
    return [f"{column}=?" for column, is_given in given.items() if is_given]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="The words are SQLite's.")
@pytest.mark.parametrize("many", [listing.MANY_BRANCHES, 1])
def test_an_index_has_all_that_is_fixed_before_the_id(reader, many, monkeypatch):
    monkeypatch.setattr(listing, "MANY_BRANCHES", many)
    for wanted in FILTERS:
        fixed = fixed_columns(reader, *wanted)
        for line in itertools.chain.from_iterable(plans(reader, wanted)):
            walks = "id<?" in line and "without_script" not in line
            assert not walks or all(part in line for part in fixed), (wanted, line)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="The words are SQLite's.")
def test_only_what_fits_on_a_page_is_sorted(reader):
    for wanted in FILTERS:
        for plan in plans(reader, wanted):
            whole = [line for line in plan if re.match("SCAN (runs_run|U0)", line)]
            assert whole == [], wanted
            for before, line in itertools.pairwise(plan):
                if "TEMP B-TREE" in line:
                    assert before.startswith("SCAN part_"), (wanted, plan)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="Words of PostgreSQL.")
@pytest.mark.parametrize("many", [listing.MANY_BRANCHES, 1])
def test_no_filter_needs_the_whole_table(reader, many, monkeypatch):
    monkeypatch.setattr(listing, "MANY_BRANCHES", many)
    for wanted in FILTERS:
        for line in itertools.chain.from_iterable(plans(reader, wanted)):
            assert "Seq Scan on runs_run" not in line, wanted
