"""How long runs usually take: of which runs, and how many of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs.usual import USUAL_RUNS, over_usual_after, usual_durations

pytestmark = pytest.mark.django_db


@pytest.fixture
def took(make_run):
    def make(seconds, status="completed", **more):
        end = timezone.now()
        began = end - timedelta(seconds=seconds)
        return make_run(status=status, began_at=began, finished_at=end, **more)

    return make


def usual(script):
    found = usual_durations([(script.pk, None)]).get((script.pk, None))
    return None if found is None else round(found)


def test_only_what_completed_tells(took, hello):
    for status in ("failed", "cancelled"):
        took(500, status)
    assert usual(hello) is None

    took(10)

    assert usual(hello) == 10


def test_the_latest_tell_what_is_usual_now(took, hello):
    for _number in range(USUAL_RUNS):
        took(500)
    for _number in range(USUAL_RUNS // 2 + 1):
        took(10)

    assert usual(hello) == 10


def test_what_is_quick_is_not_late_by_a_second():
    assert over_usual_after(1) == 6
    assert over_usual_after(100) == 150
