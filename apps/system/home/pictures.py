"""The picture of runs, as SVG: when each began, how long it took, how it ended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.durations import duration_text
from apps.runs.models import RunStatus
from apps.system.home.marks import Mark, Marks
from apps.system.home.troubles import window_words

WIDTH, HEIGHT = 1000, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 992, 10, 184
# The lines across, in seconds.
LEVELS = (0.1, 1, 10, 60, 600, 3600, 6 * 3600, 86400)
SHORTEST_S = 0.1
LEAST_TOP_S = 60
# Shapes, since not everybody tells the colours apart; drawn around (0, 0).
SHAPES: dict[str, str] = {
    RunStatus.COMPLETED: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    RunStatus.RUNNING: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    RunStatus.CANCELLED: "M-3-3h6v6h-6z",
    RunStatus.FAILED: "M0-5l5 5-5 5-5-5z",
}


@dataclass(frozen=True)
class _Scale:
    since: datetime
    until: datetime
    top_s: float

    def x(self, moment: datetime) -> float:
        share = (moment - self.since) / (self.until - self.since)
        return LEFT + min(max(share, 0), 1) * (RIGHT - LEFT)

    def y(self, seconds: float) -> float:
        """By its logarithm: a tenth of a second and an hour are both to be seen."""
        whole = math.log10(self.top_s / SHORTEST_S)
        share = math.log10(max(seconds, SHORTEST_S) / SHORTEST_S) / whole
        return BOTTOM - min(share, 1) * (BOTTOM - TOP)


def picture(found: Marks, days: int) -> SafeString:
    """Return the picture; a title and a description say to others what it shows."""
    longest = max((mark.seconds for mark in found.marks), default=0)
    top = next((s for s in LEVELS if s >= max(longest, LEAST_TOP_S)), LEVELS[-1])
    scale = _Scale(found.since, found.until, top)
    return format_html(
        '<svg class="hub-plot" viewBox="0 0 {} {}" role="group" '
        'aria-labelledby="hub-plot-title hub-plot-words">'
        '<title id="hub-plot-title">{}</title><desc id="hub-plot-words">{}</desc>'
        '<g aria-hidden="true">{}{}{}</g></svg>',
        WIDTH,
        HEIGHT,
        _("Runs of the last %(time)s") % {"time": window_words(days)},
        words(found),
        _levels(scale),
        _hours(scale, days),
        # Each part of a mark is a number, one of our words or escaped.
        mark_safe("".join(_marks(found.marks, scale))),  # noqa: S308
    )


def words(found: Marks) -> str:
    """Return what the picture shows, in a sentence or two."""
    counts = {status: found.count(status) for status in RunStatus}
    failed = counts[RunStatus.FAILED]
    parts = [
        ngettext("%(number)d run", "%(number)d runs", len(found.marks))
        % {"number": len(found.marks)},
        *(
            f"{counts[status]} {RunStatus(status).label}"
            for status in (RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.RUNNING)
            if counts[status]
        ),
    ]
    sentence = ", ".join([*parts, f"{failed} {RunStatus.FAILED.label}"])
    if not found.thinned:
        return sentence
    if RunStatus.FAILED in found.thinned:
        return _("%(runs)s shown; there were more of each.") % {"runs": sentence}
    return _("%(runs)s shown; there were more, and all that failed are here.") % {
        "runs": sentence
    }


def _levels(scale: _Scale) -> SafeString:
    """The lines across, each with its time."""
    return format_html_join(
        "",
        '<path class="hub-grid" d="M{} {}H{}"/>'
        '<text class="hub-axis hub-axis-y" x="{}" y="{}">{}</text>',
        (
            (LEFT, _at(scale.y(s)), RIGHT, LEFT - 6, _at(scale.y(s) + 4), _level(s))
            for s in LEVELS
            if s <= scale.top_s
        ),
    )


def _level(seconds: float) -> str:
    if seconds < 60:
        return _("%(seconds)s s") % {"seconds": f"{seconds:g}"}
    if seconds < 3600:
        return _("%(minutes)d m") % {"minutes": seconds // 60}
    return _("%(hours)d h") % {"hours": seconds // 3600}


def _hours(scale: _Scale, days: int) -> SafeString:
    """The lines down, at whole hours or days of the hub's zone."""
    style = "%H:%M" if days == 1 else "%m-%d"
    show = "time" if days == 1 else "short"
    return format_html_join(
        "",
        '<path class="hub-grid" d="M{} {}V{}"/>'
        '<text class="hub-axis hub-axis-x" x="{}" y="{}" data-moment="{}" '
        'data-show="{}">{}</text>',
        (
            (
                _at(scale.x(at)),
                TOP,
                BOTTOM,
                _at(scale.x(at)),
                HEIGHT - 8,
                f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
                show,
                at.strftime(style),
            )
            for at in _ticks(scale, days)
        ),
    )


def _ticks(scale: _Scale, days: int) -> Iterator[datetime]:
    zone = timezone.get_default_timezone()
    step = timedelta(hours=3) if days == 1 else timedelta(days=1)
    local = scale.since.astimezone(zone)
    hour = local.hour // 3 * 3 if days == 1 else 0
    first = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    # In UTC, so that a step is a step also where clocks change.
    at = first.astimezone(UTC)
    while (at := at + step) < scale.until:
        # A label at the very edge would be cut off.
        if LEFT + 20 < scale.x(at) < RIGHT - 20:
            yield at.astimezone(zone)


def _marks(marks: list[Mark], scale: _Scale) -> Iterator[str]:
    # What most marks have alike is made once: there may be more than a thousand.
    before, _zero, behind = reverse("admin:runs_run_change", args=["0"]).rpartition("0")
    zone = timezone.get_default_timezone()
    labels = {str(status): str(escape(status.label)) for status in RunStatus}
    names = {mark.name: str(escape(mark.name)) for mark in marks}
    times: dict[float, str] = {}
    for mark in marks:
        seconds = round(mark.seconds, 1 if mark.seconds < 10 else 0)
        if seconds not in times:
            times[seconds] = duration_text(seconds)
        title = (
            f"{mark.at.astimezone(zone):%m-%d %H:%M:%S %Z} · {names[mark.name]} · "
            f"{labels[mark.status]} · {times[seconds]}"
        )
        where = f"{_at(scale.x(mark.at))} {_at(scale.y(mark.seconds))}"
        yield (
            f'<a href="{before}{mark.id}{behind}" tabindex="-1">'
            f'<path class="hub-dot hub-{mark.status}" transform="translate({where})" '
            f'd="{SHAPES[mark.status]}"><title>{title}</title></path></a>'
        )


def _at(number: float) -> str:
    return f"{number:.1f}"
