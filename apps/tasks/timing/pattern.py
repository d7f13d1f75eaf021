"""The moments that a cron expression names, on a clock that knows no zone.

Here a moment is a whole second since 1970-01-01T00:00 of that clock, and a window is
half-open: `low` belongs to it, `high` does not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from cronsim import CronSim, CronSimError

from apps.tasks.timing.errors import TimingError
from apps.tasks.timing.grammar import read_fields

DAY_S = 86400
EPOCH_DAY = date(1970, 1, 1).toordinal()
# The calendar repeats after 28 years where no century comes between, so these hold
# every kind of year: a day that is not among them never comes.
EVERY_KIND_OF_YEAR = (date(2000, 1, 1), date(2028, 1, 1))


# How cronsim writes them: days of the month below 0; a weekday with LAST_DAY is the last
# such day of the month.
LAST_DAY = CronSim.LAST
LAST_WEEKDAY = CronSim.LAST_WEEKDAY


class Pattern:
    """What an expression means, as cronsim reads it; immutable.

    cronsim decides what the fields hold and which days match. Its iterator is not used:
    for patterns with `*` it goes on by whole hours and from midnights that may not exist,
    and so loses fires after a shift of half an hour (Lord Howe), and fires at midnights
    that were left out (Cairo, Sao Paulo) and on the day that Samoa left out. Begun in the
    second of two equal hours, it returns moments of the first. And it walks, so counting
    a year of minutes takes it seconds.
    """

    def __init__(self, fields: tuple[str, ...]) -> None:
        """Raises TimingError `cron_impossible` if no day ever matches."""
        try:
            # The date is that of no fire; nothing is iterated.
            sim = CronSim(" ".join(fields), datetime(2000, 1, 1))  # noqa: DTZ001
        except CronSimError as exc:
            raise _impossible(fields) from exc
        self.fields = fields
        self.minutes = tuple(sorted(sim.minutes))
        self.hours = tuple(sorted(sim.hours))
        self.months = tuple(sorted(sim.months))
        # Days of the month, LAST_DAY and LAST_WEEKDAY (Monday to Friday). Weekdays from
        # 0 to 7, both of which are Sunday, or pairs of one and which of the month.
        self.month_days = frozenset(sim.days)
        self.weekdays = frozenset(sim.weekdays)
        # Whether both day fields must match, or one of them.
        self.both_days = sim.day_and
        self.wildcard = fields[0].startswith("*") or fields[1].startswith("*")
        self._seconds = [3600 * h + 60 * m for h in self.hours for m in self.minutes]
        self._sim = sim
        first, end = (day.toordinal() - EPOCH_DAY for day in EVERY_KIND_OF_YEAR)
        if next(self._days(first, end), None) is None:
            raise _impossible(fields)

    def ascending(self, low: int, high: int) -> Iterator[int]:
        """Yield the moments in the window, the first one first."""
        for day in self._days(low // DAY_S, _days_until(high)):
            for second in self._within(day, low, high):
                yield day * DAY_S + second

    def descending(self, low: int, high: int) -> Iterator[int]:
        """Yield the moments in the window, the last one first."""
        for day in self._days(low // DAY_S, _days_until(high), backwards=True):
            for second in reversed(self._within(day, low, high)):
                yield day * DAY_S + second

    def count(self, low: int, high: int) -> int:
        """Return how many moments are in the window, at about 2 microseconds a day."""
        found, whole = 0, len(self._seconds)
        for day in self._days(low // DAY_S, _days_until(high)):
            if low <= day * DAY_S and (day + 1) * DAY_S <= high:
                found += whole
            else:
                found += len(self._within(day, low, high))
        return found

    def any(self, low: int, high: int) -> bool:
        """Tell whether there is a moment in the window."""
        return next(self.ascending(low, high), None) is not None

    def shortest_gap_s(self) -> int:
        """Return the shortest time between two moments; the zone's shifts left aside."""
        seconds = self._seconds
        gaps = [later - earlier for earlier, later in pairwise(seconds)]
        gaps.append(self._shortest_days() * DAY_S + seconds[0] - seconds[-1])
        return min(gaps)

    def _shortest_days(self) -> int:
        first, end = (day.toordinal() - EPOCH_DAY for day in EVERY_KIND_OF_YEAR)
        shortest, before = end - first, None
        for day in self._days(first, end):
            if before is not None:
                shortest = min(shortest, day - before)
            if shortest == 1:
                break
            before = day
        return shortest

    def _within(self, day: int, low: int, high: int) -> list[int]:
        """Return the seconds of a day that matches, of those in the window."""
        start = bisect_left(self._seconds, low - day * DAY_S)
        return self._seconds[start : bisect_left(self._seconds, high - day * DAY_S)]

    def _days(self, first: int, end: int, *, backwards: bool = False) -> Iterator[int]:
        """Yield the days that match, numbered from 1970-01-01, `end` excluded."""
        if first >= end:
            return
        low = _month_number(first)
        months = range(low, _month_number(end - 1) + 1)
        for number in reversed(months) if backwards else months:
            if number % 12 + 1 not in self.months:
                continue
            days = self._days_of_month(number)
            for day in reversed(days) if backwards else days:
                if first <= day < end:
                    yield day

    def _days_of_month(self, number: int) -> list[int]:
        day = date(number // 12, number % 12 + 1, 1)
        following = (day + timedelta(days=31)).replace(day=1)
        ordinals = range(day.toordinal(), following.toordinal())
        matches = self._sim.match_day
        return [n - EPOCH_DAY for n in ordinals if matches(date.fromordinal(n))]


@lru_cache(maxsize=1024)
def read_pattern(expression: str) -> Pattern:
    """Return what `expression` means; raises TimingError."""
    return Pattern(read_fields(expression))


def _days_until(high: int) -> int:
    """Return the first day that has nothing before `high`."""
    return -(-high // DAY_S)


def _month_number(day: int) -> int:
    """Return the months from year 0 to that of `day`."""
    found = date.fromordinal(day + EPOCH_DAY)
    return found.year * 12 + found.month - 1


def _impossible(fields: tuple[str, ...]) -> TimingError:
    facts = dict(zip(("days", "months", "weekdays"), fields[2:], strict=True))
    return TimingError("cron_impossible", field="cron", **facts)
