"""What went wrong in the last 24 hours: runs that failed, and fires that were missed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, DateTimeField
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from apps.core.prepared import Param, PreparedValues
from apps.runs import sentences
from apps.runs.models import Alarm, Cause, Occurrence, Outcome, Run, RunStatus
from apps.runs.sentences import MESSAGE_COLUMNS
from apps.runs.services.ranges import count_between
from apps.system.home.going import MOST_COUNTED, Counted
from apps.system.home.reader import Reader

DAY = timedelta(hours=24)
# Of how many kinds of errors it is looked up whether they are new.
MOST_KINDS = 24
SHOWN_KINDS = 8
MOST_MISSED = 200
SHOWN_MISSED = 5
# An alarm that rang so long ago, and nobody heard it.
UNHEARD = timedelta(minutes=1)


@dataclass
class Kind:
    """Failures of one script with one error, the latest in front.

    `is_new`: the script did not fail so before these 24 hours.
    """

    script: int | None
    script_name: str
    fingerprint: str | None
    latest: uuid.UUID
    latest_at: datetime
    message: str = ""
    count: int = 0
    is_new: bool = False

    @property
    def error(self) -> str:
        """What the script said last, where that is known."""
        said = self.fingerprint or ""
        return "" if said in _REASONS else said


@dataclass(frozen=True)
class Failures:
    count: Counted
    kinds: list[Kind]
    shown: list[Kind] = field(default_factory=list)

    @property
    def new(self) -> int:
        """How many kinds of errors are new."""
        return sum(kind.is_new for kind in self.kinds)


_REASONS = {value for value, _label in Run._meta.get_field("reason").choices or ()}
_COLUMNS = (*("id", "script", "script_name", "fingerprint", "reason", "finished_at"),)


def failures(reader: Reader) -> Failures:
    """Return what failed; of more than MOST_COUNTED, the latest."""
    since = reader.now - DAY
    failed = reader.runs(status=RunStatus.FAILED, finished_at__gte=since)
    found = failed.order_by("-finished_at").values(*_COLUMNS)[: MOST_COUNTED + 1]
    kinds = _kinds(found)
    for kind in kinds[:MOST_KINDS]:
        kind.is_new = not _happened_before(kind, since)
    shown = sorted(kinds[:MOST_KINDS], key=lambda kind: not kind.is_new)[:SHOWN_KINDS]
    _say(shown)
    return Failures(Counted(len(found)), kinds, shown)


def _say(kinds: list[Kind]) -> None:
    """Give each kind the sentence of its latest run."""
    runs = Run.objects.order_by().filter(pk__in=[kind.latest for kind in kinds])
    said = {row["id"]: row for row in runs.values("id", *MESSAGE_COLUMNS)}
    for kind in kinds:
        kind.message = (
            sentences.message(said[kind.latest]) if kind.latest in said else ""
        )


def _kinds(found: Iterable[dict[str, Any]]) -> list[Kind]:
    """Put failures together; the most frequent kinds come first."""
    kinds: dict[tuple[Any, ...], Kind] = {}
    for row in found:
        key = (row["script"], row["script_name"], row["reason"], row["fingerprint"])
        kind = kinds.get(key)
        if kind is None:
            kind = kinds[key] = Kind(
                script=row["script"],
                script_name=row["script_name"],
                fingerprint=row["fingerprint"],
                latest=row["id"],
                latest_at=row["finished_at"],
            )
        kind.count += 1
    return sorted(kinds.values(), key=lambda kind: -kind.count)


def _happened_before(kind: Kind, since: datetime) -> bool:
    if kind.script is None:
        return True
    about: dict[str, Any] = {
        "script": kind.script,
        "fingerprint": kind.fingerprint,
        "since": since,
    }
    return bool((_EARLIER if kind.fingerprint else _EARLIER_UNKNOWN).fetch(**about))


def _earlier(**error: Any) -> Any:
    failed = Run.objects.order_by().filter(
        status=RunStatus.FAILED,
        script=Param("script", BigIntegerField()),
        finished_at__lt=Param("since", DateTimeField()),
        **error,
    )
    return failed.values("status")[:1]


_EARLIER = PreparedValues(
    lambda: _earlier(fingerprint=Param("fingerprint", CharField()))
)
_EARLIER_UNKNOWN = PreparedValues(lambda: _earlier(fingerprint=None))


@dataclass(frozen=True)
class Missed:
    """Fires that nobody could start in time; `unheard`: schedules that should have
    fired by now, while no worker keeps the time."""

    count: int
    is_more: bool
    shown: list[dict[str, Any]]
    unheard: int


def missed(reader: Reader) -> Missed:
    """Return what was missed, the latest in front."""
    since = reader.now - DAY
    ends = Coalesce("until", "scheduled_for")
    rows = Occurrence.objects.annotate(ends=ends).filter(
        outcome=Outcome.MISSED, ends__gte=since
    )
    rows = reader.within(rows, "task__script").select_related("schedule", "task")
    found = list(rows.order_by("-ends")[:MOST_MISSED])
    counts = [_count_of(row, since, reader.now) for row in found]
    shown = [
        {
            "task": row.task,
            "name": row.label or row.task.name,
            "at": row.until or row.scheduled_for,
            "count": count,
            "why": Cause(row.cause).label,
        }
        for row, count in zip(found, counts, strict=True)
    ]
    return Missed(
        sum(counts), len(found) == MOST_MISSED, shown[:SHOWN_MISSED], _unheard(reader)
    )


def _count_of(row: Occurrence, since: datetime, now: datetime) -> int:
    """Return how many fires of a row lie in the time; at least the one it ends with."""
    if row.until is None or row.scheduled_for >= since:
        return row.count
    return count_between(row, row.schedule, since, now) or 1


def _unheard(reader: Reader) -> int:
    ringing = Alarm.objects.filter(rings_at__lt=reader.now - UNHEARD).order_by()
    mine = reader.within(ringing, "schedule__task__script")
    return len(mine.values_list("pk")[:MOST_COUNTED])


def window_words(days: int) -> str:
    """Return what a picture of so many days is called."""
    return _("7 days") if days > 1 else _("24 hours")
