"""The next twelve hours: what schedules plan, and what will keep them from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, pairwise

from django.db.models import F
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.runs.models import Cause
from apps.runs.services.holds import Held, Holds, holds_of_each
from apps.system.home.reader import Reader
from apps.tasks.models import Schedule
from apps.tasks.sentences import explain, words
from apps.tasks.timing import DST_FOLD, DST_GAP, Plan, TimingError, count_fires, fires
from apps.tasks.timing import marks as dst_marks

AHEAD = timedelta(hours=12)
DAY = timedelta(days=1)
MOST_LANES = 10
# So many fires are drawn one by one; of more, a bar.
MOST_FIRES = 96
WIDTH = 720
# A time without any fire is told of from this length on.
LONG = timedelta(hours=2)
DST = {
    DST_GAP: gettext_lazy("Clocks go forward: it fires right after the gap."),
    DST_FOLD: gettext_lazy("Clocks go back: it fires once, the first time."),
}


@dataclass
class Lane:
    """One schedule in the next hours; `held` fires of all are kept from starting."""

    schedule: Schedule
    words: str
    count: int = 0
    held: int = 0
    next_at: datetime | None = None
    notes: list[str] = field(default_factory=list)
    picture: SafeString | str = ""
    moments: list[datetime] = field(default_factory=list)


@dataclass
class Coming:
    """`quiet` is the longest time without any fire, where it is long."""

    lanes: list[Lane]
    has_more: bool
    quiet: tuple[datetime, datetime] | None
    hours: list[datetime]


def coming(reader: Reader) -> Coming:
    """Return what is planned; of many schedules, those that fire first."""
    planned = Schedule.objects.filter(enabled=True, task__enabled=True)
    planned = reader.within(planned, "task__script").select_related("task__script")
    soonest = planned.order_by(F("alarm__rings_at").asc(nulls_last=True), "id")
    found = list(soonest[: MOST_LANES + 1])
    shown = found[:MOST_LANES]
    holds = holds_of_each(shown, reader.now)
    lanes = [_lane(each, holds[each.pk], reader.now) for each in shown]
    hours = [reader.now + AHEAD * n / 4 for n in range(5)]
    has_more = len(found) > MOST_LANES
    quiet = None if has_more else _quiet(lanes, reader.now)
    return Coming(
        [lane for lane in lanes if _says_something(lane)], has_more, quiet, hours
    )


def _says_something(lane: Lane) -> bool:
    return bool(lane.count or lane.notes)


def _lane(schedule: Schedule, holds: Holds, now: datetime) -> Lane:
    try:
        plan = schedule.plan
    except TimingError as exc:
        return Lane(schedule, schedule.cron, notes=[explain(exc)])
    until = now + AHEAD
    lane = Lane(schedule, words(plan), count=count_fires(plan, now, until))
    moments = list(islice(fires(plan, now, until), MOST_FIRES + 1))
    held = {at: why for at in moments if (why := holds.at(at))}
    lane.next_at = next((at for at in moments if at not in held), None)
    lane.held = len(held)
    lane.notes = [*_reasons(holds, now, until), *_clock_notes(plan, moments)]
    lane.picture = _picture(moments, set(held), holds, now)
    lane.moments = [at for at in moments if at not in held]
    return lane


def _reasons(holds: Holds, now: datetime, until: datetime) -> list[str]:
    spans = [
        s for s in holds.spans if s.since < until and (not s.until or s.until > now)
    ]
    return [_held_words(held) for held in dict.fromkeys(span.held for span in spans)]


def _held_words(held: Held) -> str:
    label = str(Cause(held.cause).label)
    if not held.detail:
        return label
    return _("%(what)s: %(reason)s") % {"what": label, "reason": held.detail}


def _clock_notes(plan: Plan, moments: list[datetime]) -> list[str]:
    # A fire may stand right before the change, or be the only one beside it.
    edges = (moments[0] - DAY, moments[-1] + DAY) if moments else ()
    if len({_offset(plan, edge) for edge in edges}) < 2:
        return []
    found = [mark for at in moments for mark in dst_marks(plan, at)]
    return [str(DST[mark]) for mark in dict.fromkeys(found)]


def _offset(plan: Plan, moment: datetime) -> timedelta | None:
    return moment.astimezone(plan.zone).utcoffset()


def _quiet(lanes: list[Lane], now: datetime) -> tuple[datetime, datetime] | None:
    if any(lane.count > MOST_FIRES for lane in lanes):
        return None
    moments = sorted(at for lane in lanes for at in lane.moments)
    if not moments:
        return None
    gaps = [(a, b) for a, b in pairwise([now, *moments, now + AHEAD]) if b - a >= LONG]
    return max(gaps, key=lambda gap: gap[1] - gap[0], default=None)


def _picture(
    moments: list[datetime], held: set[datetime], holds: Holds, now: datetime
) -> SafeString:
    """A strip of twelve hours. The table beside it says the same in words."""

    def x(moment: datetime) -> float:
        return round(min(max((moment - now) / AHEAD, 0), 1) * WIDTH, 1)

    spans = [(x(s.since), x(s.until) if s.until else WIDTH) for s in holds.spans]
    bands = format_html_join(
        "",
        '<rect class="hub-band" x="{}" y="0" width="{}" height="20"/>',
        ((a, round(b - a, 1)) for a, b in spans if b > a),
    )
    if len(moments) > MOST_FIRES:
        drawn = format_html(
            '<rect class="hub-fire" x="0" y="7" width="{}" height="6"/>', WIDTH
        )
    else:
        # Numbers and our own words alone.
        drawn = mark_safe(  # noqa: S308
            "".join(
                f'<rect class="hub-fire{" hub-held" if at in held else ""}" '
                f'x="{max(x(at) - 1.5, 0):.1f}" y="3" width="3" height="14"/>'
                for at in moments
            )
        )
    return format_html(
        '<svg class="hub-strip" viewBox="0 0 {} 20" preserveAspectRatio="none" '
        'aria-hidden="true">{}{}</svg>',
        WIDTH,
        bands,
        drawn,
    )
