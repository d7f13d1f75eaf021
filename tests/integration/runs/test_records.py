"""How the latest runs of a script went, on its page and in the list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs.models import RunStatus
from apps.runs.records import LATEST, Record, records_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ended(make_run):
    def made(status: RunStatus, seconds: float = 1, count: int = 1) -> None:
        now = timezone.now()
        for _number in range(count):
            began = now - timedelta(seconds=seconds)
            make_run(status=status, began_at=began, finished_at=now)

    return made


def test_it_tells_of_the_latest_fifty(ended, hello):
    ended(RunStatus.FAILED, count=5)
    ended(RunStatus.COMPLETED, 2, count=LATEST - 1)
    ended(RunStatus.COMPLETED, 9)

    record = records_of([hello.pk])[hello.pk]

    assert (record.completed, record.failed) == (LATEST, 0)
    assert (record.percent, record.usual_s, record.slowest_s) == (100, 2, 9)


def test_what_goes_on_or_was_cancelled_says_nothing(ended, make_run, hello):
    make_run(status=RunStatus.RUNNING)
    ended(RunStatus.CANCELLED)

    assert records_of([hello.pk])[hello.pk].percent is None


def test_one_failure_in_very_many_is_not_a_hundred_percent():
    assert Record(completed=499, failed=1).percent == 99
    assert Record(completed=1, failed=499).percent == 1


def test_the_list_asks_once_however_many_scripts_there_are(
    ended, admin_client, add_script, django_assert_max_num_queries
):
    ended(RunStatus.COMPLETED, 80)
    for number in range(30):
        add_script(f"other{number}.sh", "#!/bin/sh\n")

    with django_assert_max_num_queries(14):
        text = admin_client.get("/admin/scripts/script/").content.decode()

    assert "100 %" in text
    assert "1 m 20 s" in text


def test_the_page_says_it_in_a_sentence(ended, admin_client, hello):
    ended(RunStatus.COMPLETED, 80)
    ended(RunStatus.FAILED)

    page = admin_client.get(f"/admin/scripts/script/{hello.pk}/change/")

    assert "1 of 2 completed, usually in 1 m 20 s" in page.content.decode()
