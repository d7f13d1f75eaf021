"""The home page's next twelve hours, and its picture of the last ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.core.ids import first_uuid7
from apps.runs import services
from apps.runs.models import RunStatus
from apps.system.home import coming as module
from apps.system.home.coming import coming
from apps.system.home.marks import Mark, Marks
from apps.system.home.pictures import picture, words
from apps.system.home.reader import Reader
from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def plan(hello):
    """Plan a task; in UTC, if nothing else is said."""

    def planned(name: str = "greet", *, enabled: bool = True, **about) -> Schedule:
        task, _new = Task.objects.get_or_create(name=name, script=hello)
        usual = {"task": task, "timezone": "UTC", "label": name, "enabled": enabled}
        return services.save_schedule(schedule=Schedule(**usual | about))

    return planned


@pytest.fixture
def seen(admin_user):
    def at(now: datetime = NOW):
        return coming(Reader(admin_user, now, None))

    return at


def test_what_is_switched_off_is_not_to_come(seen, plan):
    plan("off", cron="0 10 * * *", enabled=False)
    schedule = plan("its task is off", cron="0 10 * * *")
    Task.objects.filter(pk=schedule.task_id).update(enabled=False)
    plan("on", cron="0 11 * * *")

    assert [lane.schedule.label for lane in seen().lanes] == ["on"]


def test_the_next_fire_is_one_that_nothing_holds_back(seen, plan):
    schedule = plan(cron="0 * * * *")
    end = NOW + timedelta(hours=2, minutes=30)
    schedule.task.freezes.create(reason="moving", start=NOW, end=end)

    (lane,) = seen().lanes

    assert (lane.count, lane.held) == (12, 2)
    assert lane.next_at == NOW + timedelta(hours=3)
    assert lane.notes == ["freeze window: moving"]


def test_of_many_schedules_those_that_fire_first_are_shown(seen, plan, monkeypatch):
    monkeypatch.setattr(module, "MOST_LANES", 2)
    now = timezone.now()
    for name, hours in (("late", 9), ("first", 1), ("second", 2)):
        plan(name, at=now + timedelta(hours=hours))

    found = seen(now)

    assert [lane.schedule.label for lane in found.lanes] == ["first", "second"]
    assert found.has_more
    assert found.quiet is None


def test_the_longest_time_without_a_fire_is_told(seen, plan):
    plan("early", cron="0 12 * * *")
    plan("late", cron="0 17 * * *")

    found = seen()

    assert found.quiet == (NOW + timedelta(hours=3), NOW + timedelta(hours=8))


def test_a_long_time_without_a_fire_is_said_in_words(look, plan):
    plan(at=timezone.now() + timedelta(hours=5))
    assert "Nothing is planned in the longest gap:" in look()


def test_a_short_time_without_a_fire_is_not_worth_a_word(seen, plan):
    plan(cron="0 * * * *")
    assert seen().quiet is None


@pytest.mark.parametrize(
    ("cron", "now", "note"),
    [
        ("30 2 * * *", "2026-03-08T05:00Z", "Clocks go forward: it fires right after"),
        ("30 1 * * *", "2026-11-01T04:00Z", "Clocks go back: it fires once, the"),
        # The second time is beyond what is shown.
        ("30 1 * * *", "2026-10-31T17:45Z", "Clocks go back: it fires once, the"),
        ("30 1,13 * * *", "2026-11-01T04:00Z", "Clocks go back: it fires once, the"),
    ],
)
def test_a_change_of_the_clocks_is_told(seen, plan, cron, now, note):
    plan(cron=cron, timezone="America/New_York")

    (lane,) = seen(datetime.fromisoformat(now)).lanes

    (said,) = lane.notes
    assert said.startswith(note)


def test_a_day_without_a_change_of_the_clocks_says_nothing_of_it(seen, plan):
    plan(cron="30 2 * * *", timezone="America/New_York")
    (lane,) = seen(datetime(2026, 3, 10, 5, 0, tzinfo=UTC)).lanes
    assert lane.notes == []


# -- The picture ----------------------------------------------------------------------
def marked(**about):
    usual = {"id": first_uuid7(NOW), "name": "a.py", "status": "completed"}
    usual |= {"at": NOW - timedelta(hours=1), "seconds": 1.0}
    return Mark(**usual | about)


def drawn(*marks, thinned=(), days=1):
    found = Marks(NOW - timedelta(days=days), NOW, list(marks), set(thinned))
    return found, str(picture(found, days))


def test_a_name_in_the_picture_is_text():
    found, text = drawn(marked(name="<script>x</script>.py"))
    assert "<script>" not in text
    assert "&lt;script&gt;x" in text
    assert words(found) == "1 run, 1 completed, 0 failed"


def test_what_took_longer_is_higher_and_what_was_later_is_further_right():
    early = marked(at=NOW - timedelta(hours=20), seconds=3000)
    _found, text = drawn(early, marked(at=NOW - timedelta(hours=2), seconds=1))

    places = [part.split(")")[0] for part in text.split("translate(")[1:]]
    (x1, y1), (x2, y2) = [map(float, place.split()) for place in places]
    assert x1 < x2
    assert y1 < y2


def test_what_is_left_out_of_the_picture_is_said():
    runs = marked(), marked(status=RunStatus.FAILED)
    found, _text = drawn(*runs, thinned={RunStatus.COMPLETED})
    assert words(found).endswith("there were more, and all that failed are here.")
    found, _text = drawn(*runs, thinned={RunStatus.FAILED})
    assert words(found).endswith("there were more of each.")


def test_a_period_that_is_asked_for_is_the_one_that_is_drawn(look, make_run):
    at = timezone.now() - timedelta(days=3)
    run = make_run(
        id=first_uuid7(at),
        status=RunStatus.COMPLETED,
        queued_at=at,
        began_at=at,
        finished_at=at,
    )

    assert "Nothing ran in this time." in look()
    assert "Nothing ran in this time." in look(path="/admin/?period=x")
    assert f"/admin/runs/run/{run.pk}/change/" in look(path="/admin/?period=7d")
