"""django-q2 rings, the ledger answers: what rings, and what cannot keep it from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Schedule as Bell

from apps.runs import alarm, services
from apps.runs.models import Alarm, Occurrence, Run
from apps.runs.services import firing

# django-q2 closes the connections of whoever asks it to ring.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due(plan):
    """A schedule whose alarm has to ring now."""

    def make(**changes):
        schedule = plan(**changes)
        a_while_ago = timezone.now() - timedelta(seconds=70)
        Alarm.objects.filter(pk=schedule.pk).update(
            written_until=a_while_ago, rings_at=a_while_ago + timedelta(seconds=1)
        )
        alarm.set_alarm(schedule.pk, a_while_ago + timedelta(seconds=1))
        return schedule

    return make


def bell_of(schedule) -> Bell:
    return Bell.objects.get(name=f"schedule:{schedule.pk}")


def test_each_enabled_schedule_has_one_alarm_row(plan):
    schedule = plan()

    bell = bell_of(schedule)
    assert bell.next_run == Alarm.objects.get().rings_at
    assert (bell.schedule_type, bell.cluster) == ("I", alarm.CLUSTER)

    schedule.enabled = False
    services.save_schedule(schedule=schedule)
    assert not Bell.objects.exists()


def test_what_is_due_rings_until_the_ledger_is_written(due, plan):
    schedule = due()
    plan(at=timezone.now() + timedelta(days=9))

    assert alarm.ring() == [schedule.pk]
    # django-q2 itself rings again: its row was not left for a repair to mend.
    assert bell_of(schedule).next_run == Alarm.objects.get(pk=schedule.pk).rings_at
    assert alarm.ring() == [schedule.pk]

    assert services.fire_due() > 0
    assert alarm.ring() == []
    assert bell_of(schedule).next_run > timezone.now()


def test_ringing_puts_nothing_into_the_queue(due, redis_broker):
    due()

    alarm.ring()

    assert redis_broker.queue_size() == 0


@pytest.mark.parametrize(
    "damage",
    [
        {"args": "oops("},
        {"func": "os.system"},
        {"schedule_type": "C", "cron": "0 0 31 2 *"},
        {"name": "not ours", "args": "oops("},
    ],
    ids=["args", "function", "cron", "name"],
)
def test_a_poisoned_row_keeps_no_other_from_ringing(due, damage):
    poisoned, healthy = due(), due()
    Bell.objects.filter(name=f"schedule:{poisoned.pk}").update(**damage)

    services.fire_due()

    started = Occurrence.objects.filter(outcome__in=["started", "late"])
    assert {row.schedule_id for row in started} == {poisoned.pk, healthy.pk}
    assert alarm.ring() == []
    assert bell_of(poisoned).args == f"{poisoned.pk},"


def test_no_more_ring_at_once_than_others_can_wait_for(due, monkeypatch):
    schedules = [due() for _ in range(3)]
    monkeypatch.setattr(alarm, "MOST", 2)
    rung = []
    monkeypatch.setattr(alarm.SignedPackage, "loads", _noting(rung))

    assert len(alarm.ring()) == len(rung) == 2
    services.fire_due()
    services.fire_due()

    started = Run.objects.values_list("schedule", flat=True)
    assert sorted(started) == [schedule.pk for schedule in schedules]


def _noting(rung):
    load = alarm.SignedPackage.loads
    return lambda pack: rung.append(pack) or load(pack)


def test_a_lost_alarm_row_is_made_again(due):
    schedule = due()
    Bell.objects.all().delete()

    services.fire_due()

    assert Run.objects.filter(schedule=schedule).exists()
    assert bell_of(schedule).next_run > timezone.now()


def test_a_schedule_that_cannot_be_fired_holds_up_no_other(due, caplog):
    broken, healthy = due(), due()
    type(broken).objects.filter(pk=broken.pk).update(timezone="Nowhere/Else")

    services.fire_due()

    assert Run.objects.get().schedule == healthy
    assert Alarm.objects.get(pk=broken.pk).rings_at is None
    assert f"Schedule {broken.pk} cannot be reckoned" in caplog.text


def test_one_that_fails_as_nobody_thought_of_holds_up_no_other(
    due, caplog, monkeypatch
):
    broken, healthy = due(), due()
    write = firing.fire

    def fail(*, schedule_id):
        if schedule_id == broken.pk:
            raise ZeroDivisionError
        return write(schedule_id=schedule_id)

    monkeypatch.setattr(firing, "fire", fail)
    services.fire_due()

    assert Run.objects.get().schedule == healthy
    assert f"Schedule {broken.pk} could not be fired" in caplog.text
    assert broken.pk in alarm.ring()


def test_an_edit_in_the_same_second_loses_no_fire(due):
    schedule = due()

    schedule.cron = "0 0 1 1 *"
    services.save_schedule(schedule=schedule)

    assert Run.objects.get().schedule == schedule
    assert alarm.ring() == []


def test_an_edit_expects_nothing_of_the_past(plan):
    schedule = plan(cron="0 0 1 1 *")
    services.fire(schedule_id=schedule.pk)
    written = Occurrence.objects.count()

    schedule.cron = "* * * * *"
    services.save_schedule(schedule=schedule)
    services.fire(schedule_id=schedule.pk)

    assert Occurrence.objects.count() == written
