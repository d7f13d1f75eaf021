"""The preview of a schedule: its next fires, in the zones that matter to the reader."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.runs import services
from apps.runs.admin.clock import now_of
from apps.runs.admin.schedule_form import WHEN
from apps.tasks.models import Schedule
from apps.tasks.moments import hub_zone
from apps.tasks.sentences import explain
from apps.tasks.timing import Plan, TimingError, parse_zone

FIRES = 10
MARKS = {
    "dst_gap": gettext_noop(
        "The clock is put forward over this time; it fires right after."
    ),
    "dst_fold": gettext_noop(
        "The clock shows this time twice; it fires at the first one."
    ),
    "freeze": gettext_noop("In a freeze window, so it will be skipped."),
    "overlap": gettext_noop("The run before is probably still active."),
}


class Time(NamedTuple):
    """A moment in a zone: the day, and the time with its offset from UTC."""

    zone: str
    day: str
    clock: str


class Row(NamedTuple):
    """One fire: its time in each zone, and its marks in words."""

    times: list[Time]
    marks: list[str]


def preview_context(form: Any, request: HttpRequest) -> dict[str, Any]:
    """Return what the preview's template shows for a form, sent or not.

    A form that nothing was typed into shows its saved schedule; `browser_zone` in what
    was sent adds a column.
    """
    if form.is_bound:
        problems = [line for name in WHEN for line in form.errors.get(name, [])]
    elif form.instance.pk is None:
        return {"preview_waits": True}
    else:
        problems = []
    if problems:
        return {"preview_problems": problems}
    try:
        plan = form.instance.plan
    except TimingError as exc:
        return {"preview_problems": [explain(exc)]}
    zones = _zones(plan, request.POST.get("browser_zone", ""))
    return _shown(plan, zones, form.instance, now_of(request))


def _shown(
    plan: Plan, zones: dict[str, list[str]], schedule: Schedule, now: datetime
) -> dict[str, Any]:
    task = schedule.task if schedule.task_id is not None else None
    found = services.preview(plan=plan, after=now, count=FIRES, task=task)
    return {
        "preview_words": found.words,
        "preview_cron": schedule.cron,
        "preview_zones": [(key, ", ".join(whose)) for key, whose in zones.items()],
        "preview_rows": [
            Row(
                [_time(fire.utc, key) for key in zones],
                [_(MARKS[mark]) for mark in fire.marks],
            )
            for fire in found.fires
        ],
    }


def _zones(plan: Plan, browser: str) -> dict[str, list[str]]:
    """Return each zone once, with whose it is."""
    whose = [(plan.zone.key, _("the schedule"))]
    try:
        whose.append((parse_zone(browser).key, _("this browser")))
    except TimingError:
        # No script ran there, or its zone has a name that is not known here.
        pass
    whose += [(hub_zone().key, _("the hub")), ("UTC", "")]
    zones: dict[str, list[str]] = {}
    for key, text in whose:
        zones.setdefault(key, []).extend([text] if text else [])
    return zones


def _time(moment: datetime, key: str) -> Time:
    local = moment.astimezone(ZoneInfo(key))
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    offset = local.isoformat()[-6:]
    return Time(key, f"{_day(local)} {local:%Y-%m-%d}", f"{clock} {offset}")


def _day(local: datetime) -> str:
    """The day of the week, short."""
    names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    return names[local.weekday()]
