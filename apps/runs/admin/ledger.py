"""The ledger's page: expected, started, late, skipped, missed, and the exceptions."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.errors import InvalidInput
from apps.runs import services
from apps.runs.ledger_sentences import occurrence_sentence
from apps.runs.models import DayCount, Occurrence, Outcome
from apps.runs.periods import Period, read_period
from apps.runs.services.tallies import MAX_EXCEPTIONS
from apps.runs.services.whole_ledger import WholeLedger
from apps.tasks.models import Schedule, Task
from apps.tasks.moments import hub_zone, zone_of
from apps.tasks.sentences import show_moment


class Cell(NamedTuple):
    """One figure: how it is shown, what it counts, and how many."""

    css: str
    label: str
    number: int


class Exceptional(NamedTuple):
    """One fire, or a range; `when` and `until` are its moments by the schedule's clock."""

    when: str
    until: str
    row: Occurrence
    sentence: str


# What the page offers at a click, in days.
PERIODS = {"24h": 1, "7d": 7, "30d": 30, "90d": 90}
USUAL_PERIOD = "7d"
BAR_WIDTH = 600


def ledger_context(request: HttpRequest, task: Task) -> dict[str, Any]:
    """Return what the page shows for the period and schedule that were asked for."""
    zone = hub_zone()
    asked = Asked.of(request)
    key = asked.schedule_key
    context = {
        "since_text": asked.since,
        "until_text": asked.until,
        "zone": zone.key,
        "schedule_key": key,
        "outcome": asked.outcome,
        "period": asked.period,
        "periods": asked.period_links(),
        "outcomes": asked.outcome_links(),
    }
    try:
        period = asked.read(zone)
    except InvalidInput as exc:
        return context | {"problems": exc.fields, "choices": _names(task)}
    ledger = services.read_ledger(
        task=task,
        since=period.since,
        until=period.until,
        schedule_key=key,
        outcome=asked.outcome,
        missing_first=True,
    )
    names = _names(task, ledger.by_schedule)
    compacted = ledger.compacted_before
    return context | {
        "choices": names,
        **summary(period, ledger),
        "by_schedule": [
            (names[key], cells(tally))
            for key, tally in sorted(ledger.by_schedule.items())
        ],
        "compacted": show_moment(compacted) if compacted else "",
    }


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what it does not know it leaves out."""

    since: str
    until: str
    period: str
    outcome: str
    schedule_key: int | None

    @classmethod
    def of(
        cls, request: HttpRequest, offered: Sequence[str] = (USUAL_PERIOD, *PERIODS)
    ) -> Asked:
        """Read the address; the first of the periods that are offered is the usual."""
        query = request.GET
        since, until = query.get("from", ""), query.get("to", "")
        period, outcome = query.get("period", ""), query.get("outcome", "")
        if since or until:
            period = ""
        elif period not in offered:
            period = offered[0]
        return cls(
            since,
            until,
            period,
            outcome if outcome in Outcome.values else "",
            _schedule_key(query.get("schedule", "")),
        )

    def read(self, zone: ZoneInfo) -> Period:
        """Return the time that is asked for; raises InvalidInput."""
        if not self.period:
            return read_period(self.since, self.until, zone)
        now = services.database_now()
        return Period(now - timedelta(days=PERIODS[self.period]), now)

    def period_links(
        self, offered: Container[str] = PERIODS
    ) -> list[tuple[str, str, bool]]:
        """Return a query, its words, and whether it is what is shown."""
        return [
            (
                self._query(period=name, since="", until=""),
                ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
                if days > 1
                else _("24 hours"),
                name == self.period,
            )
            for name, days in PERIODS.items()
            if name in offered
        ]

    def outcome_links(self) -> list[tuple[str, str, bool]]:
        everything = ("", _("all that did not start in time"))
        named = [(one.value, str(one.label)) for one in Outcome]
        return [
            (self._query(outcome=value), words, value == self.outcome)
            for value, words in (everything, *named)
        ]

    def _query(self, **changes: str) -> str:
        asked = {
            "period": changes.get("period", self.period),
            "from": changes.get("since", self.since),
            "to": changes.get("until", self.until),
            "schedule": str(self.schedule_key or ""),
            "outcome": changes.get("outcome", self.outcome),
        }
        return urlencode({name: value for name, value in asked.items() if value})


def summary(period: Period, ledger: services.Ledger | WholeLedger) -> dict[str, Any]:
    """Return what the pages of ledgers say of a period, whosesoever it is."""
    total = ledger.total
    return {
        "begin": period.since,
        "end": period.until,
        "cells": cells(total),
        "expected": total.expected,
        "ran": total[Outcome.STARTED] + total[Outcome.LATE],
        "missing": total[Outcome.MISSED],
        "bar": bar(total),
        "unwritten": total.unwritten,
        "exceptions": exceptional(ledger.exceptions),
        "is_cut": ledger.has_more,
        "most": MAX_EXCEPTIONS,
    }


def bar(tally: services.Tally) -> SafeString | str:
    """Draw what became of all that was expected; the figures say it in numbers."""
    if not tally.expected:
        return ""
    counts = [(outcome.value, tally[outcome]) for outcome in Outcome]
    parts, x = [], 0.0
    for css, count in [*counts, ("unwritten", tally.unwritten)]:
        width = count / tally.expected * BAR_WIDTH
        parts.append((css, f"{x:.2f}", f"{width:.2f}"))
        x += width
    return format_html(
        '<svg class="hub-share" viewBox="0 0 {} 10" preserveAspectRatio="none" '
        'aria-hidden="true">{}</svg>',
        BAR_WIDTH,
        format_html_join(
            "",
            '<rect class="hub-{}" x="{}" y="0" width="{}" height="10"/>',
            (part for part in parts if part[2] != "0.00"),
        ),
    )


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


def exceptional(rows: list[Occurrence]) -> list[Exceptional]:
    """Return rows with their moments by their schedules' clocks, and sentences."""
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
