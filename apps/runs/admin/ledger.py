"""The ledger's page: expected, started, late, skipped, missed, and the exceptions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.runs import services
from apps.runs.ledger_sentences import occurrence_sentence
from apps.runs.models import DayCount, Occurrence, Outcome
from apps.runs.periods import read_period
from apps.runs.services.ledger import MAX_EXCEPTIONS
from apps.tasks.models import Schedule, Task
from apps.tasks.moments import hub_zone, zone_of
from apps.tasks.sentences import show_moment


class Cell(NamedTuple):
    """One figure: how it is shown, what it counts, and how many."""

    css: str
    label: str
    number: int


class Exceptional(NamedTuple):
    """One fire, or a range, that did not start in time."""

    when: str
    until: str
    row: Occurrence
    sentence: str


def ledger_context(request: HttpRequest, task: Task) -> dict[str, Any]:
    """Return what the page shows for the period and schedule that were asked for."""
    zone = hub_zone()
    since, until = request.GET.get("from", ""), request.GET.get("to", "")
    key = _schedule_key(request.GET.get("schedule", ""))
    context = {
        "since_text": since,
        "until_text": until,
        "zone": zone.key,
        "schedule_key": key,
    }
    try:
        period = read_period(since, until, zone)
    except InvalidInput as exc:
        return context | {"problems": exc.fields, "choices": _names(task)}
    ledger = services.read_ledger(
        task=task, since=period.since, until=period.until, schedule_key=key
    )
    names = _names(task, ledger.by_schedule)
    compacted = ledger.compacted_before
    return context | {
        "choices": names,
        "begin": show_moment(_whole(period.since.astimezone(zone))),
        "end": show_moment(_whole(period.until.astimezone(zone))),
        "cells": cells(ledger.total),
        "unwritten": ledger.total.unwritten,
        "by_schedule": [
            (names[key], cells(tally))
            for key, tally in sorted(ledger.by_schedule.items())
        ],
        "exceptions": _exceptional(ledger.exceptions),
        "is_cut": ledger.has_more,
        "most": MAX_EXCEPTIONS,
        "compacted": show_moment(compacted) if compacted else "",
    }


def cells(tally: services.Tally) -> list[Cell]:
    """Return the figures of a tally in the order in which they are read."""
    figures = [Cell("expected", _("expected"), tally.expected)]
    figures += [
        Cell(outcome.value, str(outcome.label), tally[outcome]) for outcome in Outcome
    ]
    return [*figures, Cell("unwritten", _("not yet written"), tally.unwritten)]


def _names(task: Task, keys: Iterable[int] = ()) -> dict[int, str]:
    """Return the name of each schedule, also of those of `keys` that are gone."""
    schedules = Schedule.objects.filter(task=task.pk).select_related("task")
    names = {schedule.pk: str(schedule) for schedule in schedules}
    for key in keys:
        if key not in names:
            names[key] = _("%(name)s (deleted)") % {"name": _last_label(key)}
    return dict(sorted(names.items()))


def _last_label(key: int) -> str:
    """What a schedule that is gone was called last."""
    rows = Occurrence.objects.filter(schedule_key=key).order_by("-scheduled_for")
    days = DayCount.objects.filter(schedule_key=key).order_by("-day")
    for found in (rows, days):
        if label := found.values_list("label", flat=True).first():
            return label
    return str(key)


def _exceptional(rows: list[Occurrence]) -> list[Exceptional]:
    schedules = Schedule.objects.in_bulk({row.schedule_key for row in rows})
    found = []
    for row in rows:
        zone = zone_of(schedules.get(row.schedule_key))
        until = show_moment(row.until.astimezone(zone)) if row.until else ""
        when = show_moment(row.scheduled_for.astimezone(zone))
        found.append(Exceptional(when, until, row, occurrence_sentence(row)))
    return found


def _schedule_key(text: str) -> int | None:
    """Return the id of the schedule that was chosen; None for all."""
    number = text if text.isascii() and text.isdecimal() and len(text) < 19 else ""
    return int(number) if number else None


def _whole(local: datetime) -> datetime:
    return local.replace(microsecond=0)
