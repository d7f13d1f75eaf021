"""The picture of runs: which it shows, and that it never shows too many."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs.models import Reason, Run, RunStatus, Trigger
from apps.system.home import marks as module
from apps.system.home.marks import marks
from apps.system.home.pictures import picture
from apps.system.home.reader import Reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(admin_user):
    return Reader(admin_user, timezone.now(), None)


@pytest.fixture
def ran(hello):
    """Write runs that ended, so many a status, spread evenly over some hours."""

    def made(status: RunStatus, count: int, hours: float = 20) -> None:
        start = timezone.now() - timedelta(hours=hours)
        step = timedelta(hours=hours) / count
        Run.objects.bulk_create(
            Run(
                id=UUID(int=first_uuid7(at := start + n * step).int + n),
                script=hello,
                script_name=hello.name,
                status=status,
                reason=Reason.EXIT,
                trigger=Trigger.API,
                timeout_s=60,
                queued_at=at,
                began_at=at,
                finished_at=at + timedelta(seconds=n + 1),
            )
            for n in range(count)
        )

    return made


@pytest.fixture
def little_room(monkeypatch):
    room = {RunStatus.COMPLETED: 20, RunStatus.FAILED: 30}
    monkeypatch.setattr(module, "ROOM", room)


def test_few_runs_are_all_there(reader, ran):
    ran(RunStatus.COMPLETED, 5)
    ran(RunStatus.COMPLETED, 3, hours=100)

    assert len(marks(reader, 1).marks) == 5
    assert len(marks(reader, 7).marks) == 8


def test_many_are_thinned_over_the_whole_time_and_failures_stay(
    reader, ran, little_room
):
    ran(RunStatus.COMPLETED, 300)
    ran(RunStatus.FAILED, 30)

    found = marks(reader, 1)

    assert found.count("failed") == 30
    assert 10 <= found.count("completed") <= 20
    assert found.thinned == {RunStatus.COMPLETED}
    first = min(mark.at for mark in found.marks if mark.status == "completed")
    last = max(mark.at for mark in found.marks if mark.status == "completed")
    assert last - first > timedelta(hours=17)


def test_a_limited_reader_gets_their_own_runs_thinned_too(ran, little_room, hello):
    ran(RunStatus.COMPLETED, 300)

    def seen(scripts):
        return marks(Reader(AnonymousUser(), timezone.now(), scripts), 1).marks

    assert 0 < len(seen([hello.pk])) <= 20
    assert seen([hello.pk + 1]) == seen([]) == []


def test_each_mark_leads_to_its_run_and_says_what_it_is(reader, ran):
    ran(RunStatus.FAILED, 1)
    run = Run.objects.get()

    drawn = picture(marks(reader, 1), 1)

    assert f'href="/admin/runs/run/{run.pk}/change/"' in drawn
    assert "hello.py · failed · 1.0 s" in drawn
    assert "1 run, 1 failed</desc>" in drawn.replace("0 completed, ", "")
