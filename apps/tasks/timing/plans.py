"""A rule in its zone, between a start and an end, and the questions to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from apps.tasks.timing.errors import TimingError
from apps.tasks.timing.rules import Cron, Once, Rule, clean_moment
from apps.tasks.timing.zones import END_S, EPOCH, SECOND, moment, shifts

# A time that the day does not have: it fires at the first valid moment after the gap.
DST_GAP = "dst_gap"
# A time that the day has twice: it fires at the first.
DST_FOLD = "dst_fold"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When a schedule fires. Both `start` and `end` may be fires themselves.

    `start` and `end` are kept in UTC, without what is below a second. Raises
    TimingError `end_before_start` or `moment_range`, ValueError for a datetime without
    a zone.
    """

    rule: Rule
    zone: ZoneInfo
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, clean_moment(value, field=name))
        if self.start and self.end and self.end <= self.start:
            start, end = (at.astimezone(self.zone) for at in (self.start, self.end))
            raise TimingError("end_before_start", field="end", start=start, end=end)


def fires(
    plan: Plan, after: datetime, until: datetime | None = None
) -> Iterator[datetime]:
    """Yield the fires after `after` and up to `until`, which may be one, in order.

    The windows of two calls, the second beginning where the first ended, neither
    overlap nor leave anything out. Ends by itself, at the latest with the year 2999.
    """
    low, high = _window(plan, after, until)
    if low < high:
        yield from map(moment, plan.rule.ascending(plan.zone, low, high))


def next_fire(plan: Plan, after: datetime) -> datetime | None:
    """Return the first fire after `after`, None if there is none any more."""
    return next(fires(plan, after), None)


def count_fires(plan: Plan, after: datetime, until: datetime) -> int:
    """Return how many fires `fires` would yield, without going through them."""
    low, high = _window(plan, after, until)
    return plan.rule.count(plan.zone, low, high) if low < high else 0


def last_fires(plan: Plan, after: datetime, until: datetime, n: int) -> list[datetime]:
    """Return the last `n` fires that `fires` would yield, or all if they are fewer."""
    low, high = _window(plan, after, until)
    if low >= high:
        return []
    found = islice(plan.rule.descending(plan.zone, low, high), n)
    return [moment(fire) for fire in found][::-1]


def marks(plan: Plan, fire: datetime) -> tuple[str, ...]:
    """Return what daylight saving did to `fire`, which is one of the plan's.

    DST_GAP: it stands for one or more times that the day does not have. DST_FOLD: its
    time comes a second time that day, and does not fire again. Rules that follow
    elapsed time have no marks.
    """
    gap, fold = plan.rule.moves(plan.zone, (fire - EPOCH) // SECOND)
    return (DST_GAP,) * gap + (DST_FOLD,) * fold


def follows_clock_changes(plan: Plan, since: datetime, until: datetime) -> bool:
    """Whether clocks change between two moments, and the plan goes by elapsed time
    then: local times that do not exist are left out, and those that come twice fire
    twice. No mark of a fire can say so.
    """
    if not isinstance(plan.rule, Cron) or not plan.rule.pattern.wildcard:
        return False
    first, last = ((edge - EPOCH) // SECOND for edge in (since, until))
    return next(shifts(plan.zone, first, last + 1), None) is not None


def check_ahead(plan: Plan, now: datetime) -> datetime:
    """Return the plan's next fire after `now`.

    Raises TimingError where there is none: `once_past`, `end_past` or `nothing_left`.
    """
    upcoming = next_fire(plan, now)
    if upcoming is not None:
        return upcoming
    local = now.astimezone(plan.zone)
    if isinstance(plan.rule, Once) and plan.rule.at <= now:
        at = plan.rule.at.astimezone(plan.zone)
        raise TimingError("once_past", field="at", at=at, now=local)
    if plan.end is not None and plan.end <= now:
        end = plan.end.astimezone(plan.zone)
        raise TimingError("end_past", field="end", end=end, now=local)
    raise TimingError("nothing_left", field="end" if plan.end else "start")


def jitter_s(key: str, fire: datetime, most_s: float) -> float:
    """Return by how many seconds `fire` is put off, 0 to `most_s`.

    The same for the same `key` (what tells schedules apart) and fire, wherever it is
    computed; spread evenly over fires and keys.
    """
    text = f"{key} {fire.astimezone(UTC).isoformat()}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    # 53 bits are what a float holds; fewer than all of them keep the part below 1.
    return most_s * (int.from_bytes(digest[:8]) >> 11) / 2**53


def _window(plan: Plan, after: datetime, until: datetime | None) -> tuple[int, int]:
    """Return the seconds that may be fires, from the first to before the second."""
    low = max(0, (after - EPOCH) // SECOND + 1)
    high = END_S
    if plan.start is not None:
        low = max(low, (plan.start - EPOCH) // SECOND)
    for last in (plan.end, until):
        if last is not None:
            high = min(high, (last - EPOCH) // SECOND + 1)
    return low, high
