"""The alarm clock of schedules: django-q2's own scheduler and its rows.

A row of `django_q.models.Schedule` rings when its moment has come. It does nothing
else: what rang is collected here, and the ledger says what became of it. Every alarm
row bears one cluster's name, which is no queue's, and its time follows the table of
alarms, so that it rings until the ledger is written.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, CharField, DateTimeField
from django.db.models.functions import Now
from django.db.models.signals import post_delete, pre_save
from django_q.conf import Conf
from django_q.models import Schedule as Bell
from django_q.scheduler import scheduler
from django_q.signing import SignedPackage

from apps.core.prepared import Param, PreparedUpdate, PreparedValues
from apps.runs.models import Alarm

logger = logging.getLogger(__name__)

CLUSTER = "automation-hub-alarms"
FUNCTION = "apps.runs.alarm.nothing"
PREFIX = "schedule:"
# The most that ring in one pass, which is one transaction: SQLite has one writer, and a
# night's schedules of a large hub would keep every other from writing for long.
MOST = 1000
# Its own reckoning of the next time never counts, and must not take long either. More
# minutes than these do not fit into the column on PostgreSQL.
MOST_MINUTES = 2**15 - 1

_ID = Param("id", BigIntegerField())
_TIME = PreparedValues(lambda: Alarm.objects.filter(pk=_ID).values("rings_at"))
_DUE = PreparedValues(
    lambda: Alarm.objects.filter(pk=_ID, rings_at__lte=Now()).values("pk")
)
_SET = PreparedUpdate(
    lambda: (
        Bell.objects.filter(name=Param("name", CharField())),
        {"next_run": Param("next_run", DateTimeField())},
    )
)


def nothing(schedule_id: int) -> None:
    """What an alarm row names; nobody calls it, since what rings is collected."""


class Enough(BaseException):
    """Ends a pass of the scheduler, which catches every Exception."""


class Collector:
    """A broker for django-q2's scheduler that keeps what it is given.

    Raises Enough once `most` have rung.
    """

    list_key = CLUSTER

    def __init__(self, most: int) -> None:
        self.rung: set[int] = set()
        self.most = most

    def enqueue(self, pack: str) -> str:
        # Signed by this very process a moment ago.
        message = SignedPackage.loads(pack)
        self.rung.update(message["args"])
        if len(self.rung) >= self.most:
            raise Enough
        return ""


def connect() -> None:
    """Let alarm rows follow the ledger. Called once, when the apps are ready."""
    pre_save.connect(_put_back, sender=Bell, dispatch_uid="runs.alarm")
    post_delete.connect(_forget, sender=Alarm, dispatch_uid="runs.alarm")


def set_alarm(schedule_id: int, rings_at: datetime | None) -> None:
    """Have it ring at that moment, or not at all."""
    name = _name(schedule_id)
    if rings_at is None:
        Bell.objects.filter(name=name).delete()
    elif not _SET.apply(name=name, next_run=rings_at):
        Bell.objects.create(next_run=rings_at, **_facts(schedule_id))


def due() -> list[int]:
    """Return the schedules whose moment has come, the longest due first, MOST of them."""
    alarms = Alarm.objects.filter(rings_at__lte=Now()).order_by("rings_at")
    return list(alarms.values_list("pk", flat=True)[:MOST])


def is_due(schedule_id: int) -> bool:
    """Whether its moment has come, and nobody has written the ledger meanwhile."""
    return bool(_DUE.fetch(id=schedule_id))


def ring() -> list[int]:
    """Return the schedules whose alarm rings now, the longest due first, MOST of them.

    The scheduler's pass is one transaction, and one row that it cannot read keeps all
    others from ringing: such rows are thrown out, and what is due rings all the same.
    """
    waiting = due()
    if not waiting:
        return []
    collector = Collector(MOST)
    # django-q2 rings for one cluster's name only, and a tick serves all.
    Conf.CLUSTER_NAME = CLUSTER
    try:
        scheduler(broker=collector)
    except Enough:
        # Nothing that it wrote is missed: each row's time is the ledger's to say. Which
        # of the rest are silent is seen when fewer ring.
        return waiting
    if silent := set(waiting) - collector.rung:
        _repair(silent)
    return waiting


def _repair(silent: Iterable[int]) -> None:
    """Make anew the rows of alarms that did not ring, and delete what is no alarm."""
    for bell in Bell.objects.filter(cluster=CLUSTER):
        schedule_id = _schedule_of(bell)
        if schedule_id is None or not _is_whole(bell, schedule_id):
            logger.warning("The alarm row %s (%s) was unreadable", bell.pk, bell.name)
            bell.delete()
    for schedule_id in silent:
        _set_again(schedule_id)


def _set_again(schedule_id: int) -> None:
    # Under its lock: another tick may fire it, or somebody delete it, just now.
    with transaction.atomic():
        alarm = Alarm.objects.select_for_update().filter(pk=schedule_id).first()
        if alarm is not None:
            set_alarm(schedule_id, alarm.rings_at)


def _is_whole(bell: Bell, schedule_id: int) -> bool:
    facts = _facts(schedule_id)
    return all(getattr(bell, name) == value for name, value in facts.items())


def _facts(schedule_id: int) -> dict[str, Any]:
    return {
        "name": _name(schedule_id),
        "func": FUNCTION,
        "args": f"{schedule_id},",
        "kwargs": None,
        "hook": None,
        "schedule_type": Bell.MINUTES,
        "minutes": MOST_MINUTES,
        "repeats": -1,
        "cluster": CLUSTER,
    }


def _name(schedule_id: int) -> str:
    return f"{PREFIX}{schedule_id}"


def _schedule_of(bell: Bell) -> int | None:
    number = (bell.name or "").removeprefix(PREFIX)
    return int(number) if number.isdecimal() else None


def _forget(instance: Alarm, **kwargs: Any) -> None:
    """Whoever deletes a schedule, by itself or with its task: it rings no more."""
    set_alarm(instance.pk, None)


def _put_back(instance: Bell, **kwargs: Any) -> None:
    """Whoever saves an alarm row: its time is the ledger's to say."""
    schedule_id = _schedule_of(instance)
    if schedule_id is None or instance.cluster != CLUSTER:
        return
    for row in _TIME.fetch(id=schedule_id):
        instance.next_run = row["rings_at"] or instance.next_run
