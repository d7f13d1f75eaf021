"""The three rules of a schedule: at the times of an expression, every n seconds, once.

Each rule answers for a window of UTC, in whole seconds since 1970-01-01T00:00Z and with
`high` excluded; `apps.tasks.timing.plans` makes datetimes of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeGuard
from zoneinfo import ZoneInfo

from apps.tasks.timing.errors import TimingError
from apps.tasks.timing.pattern import Pattern, read_pattern
from apps.tasks.timing.zones import (
    DAY_S,
    END_S,
    EPOCH,
    SECOND,
    Shift,
    Stretch,
    shifts,
    stretches,
)

# Ten years. What is rarer is a date.
MAX_INTERVAL_S = 3653 * DAY_S
# How far fires are looked for at once: each year costs a look at the zone's shifts.
CHUNK_S = 366 * DAY_S


class Rule(Protocol):
    """When something fires, in a zone."""

    def ascending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]: ...

    def descending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]: ...

    def count(self, zone: ZoneInfo, low: int, high: int) -> int: ...

    def moves(self, zone: ZoneInfo, fire: int) -> tuple[bool, bool]:
        """Tell whether `fire` was moved out of a gap, and whether it is first of two."""

    def shortest_gap_s(self) -> int | None:
        """Return the least seconds between two fires; None if there is one fire."""


@dataclass(frozen=True)
class Cron:
    """A cron expression of five fields, or a name such as @daily.

    Raises TimingError with a code that begins with `cron_`. Spaces are kept single.
    """

    expression: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "expression", " ".join(self.expression.split()))
        read_pattern(self.expression)

    @property
    def pattern(self) -> Pattern:
        return read_pattern(self.expression)

    def ascending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]:
        length = CHUNK_S
        while low < high:
            end_s = min(high, low + length)
            for stretch in stretches(zone, low, end_s):
                start, end, moved = self._local(stretch)
                if moved:
                    yield stretch.start
                for local in self.pattern.ascending(start, end):
                    yield local - stretch.shift.after
            low, length = end_s, length * 2

    def descending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]:
        while high > low:
            begin = max(low, high - CHUNK_S)
            for stretch in reversed(list(stretches(zone, begin, high))):
                start, end, moved = self._local(stretch)
                for local in self.pattern.descending(start, end):
                    yield local - stretch.shift.after
                if moved:
                    yield stretch.start
            high = begin

    def count(self, zone: ZoneInfo, low: int, high: int) -> int:
        found = 0
        for stretch in stretches(zone, low, high):
            start, end, moved = self._local(stretch)
            found += moved + self.pattern.count(start, end)
        return found

    def moves(self, zone: ZoneInfo, fire: int) -> tuple[bool, bool]:
        if self.pattern.wildcard:
            return False, False
        around = list(shifts(zone, fire - DAY_S, fire + DAY_S))
        gap = any(s.at == fire and s.is_gap and self._in_gap(s) for s in around)
        fold = any(0 < s.at - fire <= s.before - s.after for s in around)
        return gap, fold

    def shortest_gap_s(self) -> int | None:
        return self.pattern.shortest_gap_s()

    def _local(self, stretch: Stretch) -> tuple[int, int, bool]:
        """Return the window of local time in which to look, and whether the stretch
        begins with a fire that was moved there, out of the gap before it."""
        shift = stretch.shift
        start, end = stretch.start + shift.after, stretch.end + shift.after
        if self.pattern.wildcard:
            return start, end, False
        if stretch.follows_gap and self._in_gap(shift):
            # A time that is the first moment after the gap is the same fire.
            return start + 1, end, True
        # Times up to here had their fire before the clock was put back.
        return max(start, shift.at + shift.before), end, False

    def _in_gap(self, shift: Shift) -> bool:
        return self.pattern.any(shift.at + shift.before, shift.at + shift.after)


@dataclass(frozen=True)
class Every:
    """Every `seconds` seconds of elapsed time, the first time at `anchor`.

    86400 seconds are not a day of the calendar. The anchor is kept in UTC, without what
    is below a second. Raises TimingError `interval_…` or `moment_range`.
    """

    seconds: int
    anchor: datetime

    def __post_init__(self) -> None:
        check_interval(self.seconds)
        object.__setattr__(self, "anchor", clean_moment(self.anchor, field="start"))

    def ascending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]:
        yield from self._fires(low, high)

    def descending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]:
        yield from reversed(self._fires(low, high))

    def count(self, zone: ZoneInfo, low: int, high: int) -> int:
        return len(self._fires(low, high))

    def moves(self, zone: ZoneInfo, fire: int) -> tuple[bool, bool]:
        return False, False

    def shortest_gap_s(self) -> int | None:
        return self.seconds

    def _fires(self, low: int, high: int) -> range:
        first = (self.anchor - EPOCH) // SECOND
        skipped = max(0, -((first - low) // self.seconds))
        return range(first + skipped * self.seconds, high, self.seconds)


@dataclass(frozen=True)
class Once:
    """Once, at a moment: kept in UTC, without what is below a second.

    Raises TimingError `moment_range`.
    """

    at: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", clean_moment(self.at, field="at"))

    def ascending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]:
        at = (self.at - EPOCH) // SECOND
        if low <= at < high:
            yield at

    def descending(self, zone: ZoneInfo, low: int, high: int) -> Iterator[int]:
        return self.ascending(zone, low, high)

    def count(self, zone: ZoneInfo, low: int, high: int) -> int:
        return len(list(self.ascending(zone, low, high)))

    def moves(self, zone: ZoneInfo, fire: int) -> tuple[bool, bool]:
        return False, False

    def shortest_gap_s(self) -> int | None:
        return None


def check_interval(seconds: object) -> int:
    """Return a whole number of seconds, 1 to MAX_INTERVAL_S; raises TimingError."""
    if not is_number(seconds):
        raise _bad_interval("interval_number", seconds)
    if seconds > MAX_INTERVAL_S:
        raise _bad_interval("interval_long", seconds, limit=MAX_INTERVAL_S)
    if seconds <= 0:
        code = "interval_zero" if seconds == 0 else "interval_negative"
        raise _bad_interval(code, seconds)
    if seconds < 1:
        raise _bad_interval("interval_often", seconds)
    if seconds != int(seconds):
        raise _bad_interval("interval_fraction", seconds)
    return int(seconds)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether `value` is an int or a float; neither a bool nor NaN is a number."""
    if isinstance(value, float):
        return not math.isnan(value)
    return isinstance(value, int) and not isinstance(value, bool)


def clean_moment(value: datetime, *, field: str) -> datetime:
    """Return `value` in UTC and on a whole second.

    Raises ValueError if it has no zone, and TimingError `moment_range` outside of the
    years 1970 to 2999.
    """
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no time zone.")
    seconds = (value - EPOCH) // SECOND
    if not 0 <= seconds < END_S:
        raise TimingError("moment_range", field=field, value=value.isoformat())
    return value.astimezone(UTC).replace(microsecond=0)


def _bad_interval(code: str, value: object, **facts: object) -> TimingError:
    return TimingError(code, field="every_s", value=value, **facts)
