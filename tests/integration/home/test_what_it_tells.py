"""The home page: which runs, errors, fires and workers it tells of, in which order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.runs.models import Alarm, Occurrence, Run, RunStatus
from apps.runs.services.ranges import terms_of
from apps.system.home import going, troubles
from apps.system.home.going import running, waiting, workers
from apps.system.home.reader import Reader
from apps.system.home.troubles import failures, missed
from apps.tasks.models import Schedule, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(admin_user):
    return lambda: Reader.of(admin_user)


def ago(**time):
    return timezone.now() - timedelta(**time)


# -- What runs and waits ----------------------------------------------------------
def test_what_began_first_stands_first(reader, make_run):
    runs = [make_run(status=RunStatus.RUNNING) for _number in range(3)]

    assert [run.id for run in running(reader()).shown] == [run.pk for run in runs]


def test_what_waits_longest_stands_first_and_says_how_long(reader, make_run):
    runs = [make_run(queued_at=ago(minutes=9 - number)) for number in range(4)]

    found = waiting(reader())

    assert [run["id"] for run in found.shown] == [run.pk for run in runs[:3]]
    assert found.oldest_s == pytest.approx(540, abs=30)
    assert found.count.shown == "4"


def test_a_run_is_held_against_the_usual_time_of_its_task(reader, make_run, hello):
    task = Task.objects.create(name="greet", script=hello)
    make_run(status=RunStatus.COMPLETED, began_at=ago(seconds=100))
    make_run(status=RunStatus.COMPLETED, began_at=ago(seconds=1000), task=task)
    of_script = make_run(status=RunStatus.RUNNING, began_at=ago(seconds=700))
    make_run(status=RunStatus.RUNNING, began_at=ago(seconds=700), task=task)
    Run.objects.filter(pk=of_script.pk).update(cancel_requested_at=timezone.now())

    first, second = running(reader()).shown

    # Of the script's runs half were that short.
    assert first.usual_s == pytest.approx(550, abs=5)
    assert second.usual_s == pytest.approx(1000, abs=5)
    assert (first.is_ending, second.is_ending) == (True, False)


def test_what_takes_half_as_long_again_is_marked(look, make_run):
    make_run(status=RunStatus.COMPLETED, began_at=ago(seconds=100))
    run = make_run(status=RunStatus.RUNNING, began_at=ago(seconds=90))
    assert "hub-over-usual" not in look()

    Run.objects.filter(pk=run.pk).update(began_at=ago(seconds=160))

    assert "hub-over-usual" in look()


def test_what_is_asked_to_stop_says_so_and_is_not_asked_again(look, make_run):
    make_run(status=RunStatus.RUNNING, cancel_requested_at=timezone.now())

    text = look()

    assert "is asked to stop" in text
    assert "/cancel/" not in text


def test_more_than_are_counted_are_many(reader, make_run, monkeypatch):
    monkeypatch.setattr(going, "MOST_COUNTED", 2)
    for _number in range(2):
        make_run()
    assert waiting(reader()).count.shown == "2"

    make_run()

    assert waiting(reader()).count.shown == "2+"


# -- What failed --------------------------------------------------------------------
def test_failures_of_the_last_day_lead_to_the_latest_of_their_kind(reader, fail):
    fail("KeyError: #", hours=5)
    latest = fail("KeyError: #", hours=1)
    fail("KeyError: #", hours=3)
    fail("ValueError: #", hours=25)

    found = failures(reader())

    (kind,) = found.kinds
    assert (kind.latest, kind.latest_at) == (latest.pk, latest.finished_at)
    assert (kind.count, found.count.shown) == (3, "3")


def test_an_error_is_known_of_its_script_alone(reader, fail, closed):
    other = {"script": closed, "script_name": closed.name}
    fail("KeyError: #", hours=30, **other)
    fail("KeyError: #")
    fail("KeyError: #", hours=2, **other)

    kinds = {kind.script_name: kind.is_new for kind in failures(reader()).kinds}

    assert kinds == {"hello.py": True, "closed.sh": False}


def test_ends_without_output_are_told_apart_by_their_reason(reader, fail):
    for reason in ("timeout", "lost"):
        run = fail()
        Run.objects.filter(pk=run.pk).update(reason=reason, exit_code=None)

    kinds = failures(reader()).shown

    assert [kind.count for kind in kinds] == [1, 1]
    assert len({kind.message for kind in kinds}) == 2
    assert all(kind.message for kind in kinds)


def test_an_end_without_output_is_known_from_an_earlier_one(reader, fail):
    fail(hours=30)
    fail(hours=1)
    assert [kind.is_new for kind in failures(reader()).kinds] == [False]


def test_what_is_new_stands_before_what_is_frequent(reader, fail):
    fail("KeyError: #", hours=30)
    for hours in (1, 2, 3):
        fail("KeyError: #", hours=hours)
    fail("ValueError: #", hours=4)

    found = failures(reader())

    errors = [(kind.error, kind.is_new) for kind in found.shown]
    assert errors == [("ValueError: #", True), ("KeyError: #", False)]
    assert found.new == 1


# -- What was missed ---------------------------------------------------------------
@pytest.fixture
def miss(hello):
    """Write down fires that were missed, of one schedule that fires each hour."""
    task = Task.objects.create(name="greet", script=hello)
    begin = ago(hours=30, minutes=30).replace(microsecond=0)
    plan = {"every_s": 3600, "start": begin, "timezone": "UTC"}
    schedule = Schedule.objects.create(task=task, **plan)

    def written(at, *, schedule=schedule, **more):
        about = {"outcome": "missed", "cause": "outage", "label": "hourly"}
        about |= {"task": task, "schedule": schedule, "schedule_key": schedule.pk}
        return Occurrence.objects.create(**(about | {"scheduled_for": at} | more))

    written.schedule = schedule
    return written


def test_of_a_range_the_fires_of_the_last_day_count(reader, miss):
    first = miss.schedule.start + timedelta(hours=1)
    until, plan = first + timedelta(hours=9), terms_of(miss.schedule)
    miss(first, until=until, count=10, plan=plan)

    found = missed(reader())

    assert found.count == 4
    assert [(each["count"], each["at"]) for each in found.shown] == [(4, until)]


def test_missed_fires_are_told_by_their_schedules_name_the_latest_first(reader, miss):
    miss(ago(hours=2))
    miss(ago(hours=1), label="")
    miss(ago(minutes=30), outcome="skipped")

    found = missed(reader())

    assert [each["name"] for each in found.shown] == ["greet", "hourly"]
    assert (found.count, found.is_more) == (2, False)


def test_more_missed_fires_than_are_read_are_more(reader, miss, monkeypatch):
    monkeypatch.setattr(troubles, "MOST_MISSED", 2)
    for hours in (1, 2, 3):
        miss(ago(hours=hours))

    found = missed(reader())

    assert (found.count, found.is_more) == (2, True)


def test_an_alarm_that_nobody_heard_is_overdue(reader, look, miss):
    alarm = Alarm.objects.create(
        schedule=miss.schedule, written_until=ago(hours=1), rings_at=ago(seconds=30)
    )
    assert missed(reader()).unheard == 0

    alarm.rings_at = ago(minutes=2)
    alarm.save()

    assert missed(reader()).unheard == 1
    assert "1 schedule is overdue" in look()


# -- Who works ---------------------------------------------------------------------
def test_only_who_is_alive_has_slots(reader, make_worker, make_run, settings):
    make_worker("a", slots=4)
    silent = timedelta(seconds=settings.LEASE_S + 5)
    make_worker("b", slots=8, seen_at=timezone.now() - silent)
    make_worker("c", queue="gpu", seen_at=timezone.now() - silent)
    make_run(status=RunStatus.RUNNING, worker="a")

    found = workers(reader())

    states = {queue.name: (queue.state, queue.alive) for queue in found.queues}
    assert states == {"default": ("on", 1), "gpu": ("missed", 0)}
    assert (found.alive, found.slots, found.busy, found.missing) == (1, 4, 1, 1)


def test_a_worker_that_takes_nothing_says_why(reader, look, make_worker):
    make_worker("a", problem="The disk is full.")
    make_worker("b", queue="gpu", draining=True)

    states = {queue.name: queue.state for queue in workers(reader()).queues}
    assert states == {"default": "late", "gpu": "late"}
    assert "The disk is full." in look()


def test_who_was_not_heard_of_for_a_day_is_forgotten(reader, look, make_worker):
    make_worker("a", queue="gpu", seen_at=ago(hours=25))

    assert workers(reader()).queues == []
    assert "No worker was heard of in the last day." in look()
