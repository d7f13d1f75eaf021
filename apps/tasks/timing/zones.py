"""What a time zone does to its clock: stretches of one offset, and shifts between them.

Moments are whole seconds since 1970-01-01T00:00Z here. The oldest are of 1970 and the
last of 2999; zones before that are guesswork.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY_S = 86400
# The first second that is too late: 3000-01-01T00:00Z.
END_S = (datetime(3000, 1, 1, tzinfo=UTC) - EPOCH) // SECOND
# More than the longest shift there was (Samoa left out a day in 2011), less than the
# shortest time between two (four days).
BEFORE_S = 2 * DAY_S


@dataclass(frozen=True)
class Shift:
    """From `at` on the clock is `after` seconds ahead of UTC, until then `before`."""

    at: int
    before: int
    after: int

    @property
    def is_gap(self) -> bool:
        """Whether the clock was put forward, so that local times are left out."""
        return self.after > self.before


@dataclass(frozen=True)
class Stretch:
    """A time of one offset within a window, `end` excluded, and the shift before it."""

    start: int
    end: int
    shift: Shift

    @property
    def follows_gap(self) -> bool:
        """Whether it begins with the first moment after local times left out."""
        return self.start == self.shift.at and self.shift.is_gap


def moment(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def stretches(zone: ZoneInfo, low: int, high: int) -> Iterator[Stretch]:
    """Yield the stretches of the window from `low` to before `high`, in order."""
    offset = _offset(zone, low - BEFORE_S)
    current = Shift(at=low - BEFORE_S, before=offset, after=offset)
    for shift in shifts(zone, low - BEFORE_S, high):
        if shift.at > low:
            yield Stretch(max(low, current.at), shift.at, current)
        current = shift
    yield Stretch(max(low, current.at), high, current)


def shifts(zone: ZoneInfo, low: int, high: int) -> Iterator[Shift]:
    """Yield the shifts after `low` and before `high`, in order."""
    for year in range(moment(low).year, moment(high - 1).year + 1):
        for shift in _shifts_of_year(zone, year):
            if low < shift.at < high:
                yield shift


@lru_cache(maxsize=4096)
def _shifts_of_year(zone: ZoneInfo, year: int) -> tuple[Shift, ...]:
    """Return the shifts of a year (of UTC), found by looking at each day.

    zoneinfo tells the offset of a moment only. Two shifts were never less than four
    days apart.
    """
    day = (datetime(year, 1, 1, tzinfo=UTC) - EPOCH) // SECOND
    end = (datetime(year + 1, 1, 1, tzinfo=UTC) - EPOCH) // SECOND
    found = []
    before = _offset(zone, day - 1)
    while day < end:
        last = day + DAY_S - 1
        after = _offset(zone, last)
        if after != before:
            at = _search(zone, day - 1, last, before)
            found.append(Shift(at=at, before=before, after=after))
            before = after
        day += DAY_S
    return tuple(found)


def _search(zone: ZoneInfo, low: int, high: int, before: int) -> int:
    """Return the first second after `low` whose offset is not `before`."""
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, seconds: int) -> int:
    """Return how many seconds local time is ahead of UTC."""
    offset = moment(seconds).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // SECOND


def at_local(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment of a local time (naive), in UTC.

    As for cron: a time that does not exist is the first valid moment after the gap, one
    that exists twice the first.
    """
    first = local.replace(tzinfo=zone, fold=0)
    found = first.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local:
        return found
    seconds = (found - EPOCH) // SECOND
    # With the offset from before the gap it is a moment after it, by less than its length.
    at = max(s.at for s in shifts(zone, seconds - BEFORE_S, seconds + 1))
    return moment(at)
