"""A schedule's plan as most people say it: every so many of a unit, at a time.

What is typed there becomes a cron expression or an interval before the rest of the form
looks at it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy

from apps.tasks.models import Schedule
from apps.tasks.moments import hub_zone
from apps.tasks.timing import TimingError, parse_moment, parse_zone
from apps.tasks.timing.simple import (
    DAYS,
    EVERY_DAY,
    HOURS,
    MINUTES,
    SECONDS,
    Simple,
    rule_of,
    simple_of,
)

SIMPLE, CRON, ONCE = "simple", "cron", "once"
KINDS = [
    (SIMPLE, gettext_lazy("Simple")),
    (CRON, gettext_lazy("Cron")),
    (ONCE, gettext_lazy("Once")),
]
UNIT_NAMES = [
    (SECONDS, gettext_lazy("seconds")),
    (MINUTES, gettext_lazy("minutes")),
    (HOURS, gettext_lazy("hours")),
    (DAYS, gettext_lazy("days")),
]
FIELDS = ("kind", "simple_every", "simple_unit", "simple_time", "simple_days")
TIME = re.compile(r"([01]?[0-9]|2[0-3])[:\uff1a]([0-5][0-9])(:00)?")
# What a new schedule begins with.
NIGHTLY = Simple(1, DAYS, 2, 0)


class SimpleFields(forms.Form):
    """Which of the ways to say when counts, and the fields of the simple one."""

    kind = forms.ChoiceField(
        label=gettext_lazy("How it is said"),
        choices=KINDS,
        required=False,
        widget=forms.RadioSelect,
    )
    simple_every = forms.CharField(
        label=gettext_lazy("Every"),
        required=False,
        widget=AdminTextInputWidget(attrs={"inputmode": "numeric", "size": 5}),
    )
    simple_unit = forms.ChoiceField(
        label=gettext_lazy("Unit"), choices=UNIT_NAMES, required=False
    )
    simple_time = forms.CharField(
        label=gettext_lazy("At"),
        required=False,
        widget=forms.TextInput(attrs={"type": "time"}),
        help_text=gettext_lazy(
            "With hours only its minutes count; with minutes and seconds it does not."
        ),
    )
    simple_days = forms.MultipleChoiceField(
        label=gettext_lazy("On"),
        choices=[(str(day), name) for day, name in WEEKDAYS_ABBR.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every day."),
    )


def shown_plan(schedule: Schedule) -> dict[str, Any]:
    """Return what the fields show of a schedule, stored or new."""
    kind = CRON if schedule.cron else ONCE if schedule.at else SIMPLE
    found = None
    if schedule.cron or schedule.every_s:
        found = simple_of(schedule.cron, schedule.every_s)
    said = found or NIGHTLY
    days = [] if said.weekdays == EVERY_DAY else sorted(said.weekdays)
    time = f"{said.hour:02}:{said.minute:02}"
    if schedule.every_s and said.unit == DAYS and schedule.start:
        time = f"{_local(schedule.start, schedule.timezone):%H:%M}"
    return {
        "kind": kind,
        "simple_every": str(said.every),
        "simple_unit": said.unit,
        "simple_time": time if said.unit in (HOURS, DAYS) else "",
        "simple_days": list(map(str, days)),
    }


def written(data: Any) -> tuple[dict[str, str], dict[str, TimingError]]:
    """Return what was typed as cron, every_s, at and start, and what is wrong with it.

    Of a form that says no kind, nothing.
    """
    kind = data.get("kind")
    if kind == SIMPLE:
        try:
            return _of_simple(data), {}
        except TimingError as exc:
            return {"cron": "", "every_s": "", "at": ""}, {exc.field: exc}
    if kind == CRON:
        wrong = {} if data.get("cron", "").strip() else {"cron": _empty("cron_empty")}
        return {"every_s": "", "at": ""}, wrong
    if kind == ONCE:
        wrong = {} if data.get("at", "").strip() else {"at": _empty("moment_empty")}
        return {"cron": "", "every_s": ""}, wrong
    return {}, {}


def _empty(code: str) -> TimingError:
    return TimingError(code, field="")


def _of_simple(data: Any) -> dict[str, str]:
    said = _said(data)
    rule = rule_of(said)
    every_s = "" if rule.every_s is None else str(rule.every_s)
    found = {"cron": rule.cron, "every_s": every_s, "at": ""}
    if rule.every_s is not None and said.unit == DAYS:
        found["start"] = _start(data, said)
    return found


def _said(data: Any) -> Simple:
    every = data.get("simple_every", "").strip()
    if not re.fullmatch(r"-?[0-9]{1,9}", every):
        raise TimingError("simple_number", field="simple_every", value=every)
    hour, minute = 0, 0
    unit = data.get("simple_unit") or DAYS
    if unit in (HOURS, DAYS) and (text := data.get("simple_time", "").strip()):
        match = TIME.fullmatch(text)
        if match is None:
            raise TimingError("simple_time", field="simple_time", value=text)
        hour, minute = int(match[1]), int(match[2])
    texts = data.getlist("simple_days")
    days = frozenset(int(day) for day in texts if day in set("0123456"))
    if unit not in dict(UNIT_NAMES):
        unit = DAYS
    return Simple(int(every), unit, hour, minute, days or EVERY_DAY)


def _start(data: Any, said: Simple) -> str:
    """Return the start from which days are counted: the next time of that clock."""
    zone_name, text = data.get("timezone", ""), data.get("start", "").strip()
    clock = f"{said.hour:02}:{said.minute:02}"
    if not text:
        now = _local(timezone.now(), zone_name)
        is_ahead = f"{now:%H:%M}" < clock
        day = now.date() + timedelta(days=0 if is_ahead else 1)
        return f"{day:%Y-%m-%d} {clock}"
    try:
        zone = parse_zone(zone_name)
        start = parse_moment(text, zone, field="start").astimezone(zone)
    except TimingError:
        # The field says so itself.
        return text
    if data.get("simple_time", "").strip() and f"{start:%H:%M}" != clock:
        shown = f"{start:%H:%M}"
        raise TimingError("simple_start", field="simple_time", start=shown)
    return text


def _local(moment: datetime, zone_name: str) -> datetime:
    try:
        return moment.astimezone(parse_zone(zone_name))
    except TimingError:
        return moment.astimezone(hub_zone())
