"""When cron fires, found by walking through a zone minute by minute.

Debian cron's daemon wakes up each minute, looks at the clock on the wall and does what
is due; so does this. It knows nothing of the code under test, nor of cronsim.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
WEEKDAYS = "sun mon tue wed thu fri sat"
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


class Matcher:
    """Says whether the time on the wall matches an expression of five fields."""

    def __init__(self, expression: str) -> None:
        texts = expression.lower().split()
        self.is_fixed = not texts[0].startswith("*") and not texts[1].startswith("*")
        self.both = texts[2].startswith("*") or texts[4].startswith("*")
        self.minutes = set(numbers(texts[0], 0))
        self.hours = set(numbers(texts[1], 1))
        self.dates = texts[2].split(",")
        self.months = set(numbers(texts[3], 3))
        self.weekdays = texts[4].split(",")
        self.days: dict[date, bool] = {}

    def matches(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours:
            return False
        day = wall.date()
        if day not in self.days:
            self.days[day] = self.is_day(day)
        return self.days[day]

    def is_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_date = any(is_date(term, day) for term in self.dates)
        by_weekday = any(is_weekday(term, day) for term in self.weekdays)
        return by_date and by_weekday if self.both else by_date or by_weekday


def numbers(text: str, field: int) -> Iterator[int]:
    for term in text.split(","):
        span, _, step = term.partition("/")
        low, high = RANGES[field]
        if span != "*":
            first, _, last = span.partition("-")
            low = number(first, field)
            high = number(last, field) if last else low if not step else high
        yield from range(low, high + 1, int(step or 1))


def number(text: str, field: int) -> int:
    if field == 3 and text in MONTHS.split():
        return MONTHS.split().index(text) + 1
    if field == 4 and text in WEEKDAYS.split():
        return WEEKDAYS.split().index(text)
    return int(text)


def is_date(term: str, day: date) -> bool:
    last = calendar.monthrange(day.year, day.month)[1]
    if term == "l":
        return day.day == last
    if term == "lw":
        workdays = [d for d in range(1, last + 1) if day.replace(day=d).weekday() < 5]
        return day.day == workdays[-1]
    return day.day in numbers(term, 2)


def is_weekday(term: str, day: date) -> bool:
    today = day.isoweekday() % 7
    last = calendar.monthrange(day.year, day.month)[1]
    if "#" in term:
        weekday, nth = term.split("#")
        return number(weekday, 4) % 7 == today and (day.day - 1) // 7 + 1 == int(nth)
    if term.endswith("l"):
        return int(term[:-1]) % 7 == today and day.day + 7 > last
    return today in {n % 7 for n in numbers(term, 4)}


@lru_cache(maxsize=512)
def clock(
    zone: ZoneInfo, start: datetime, minutes: int
) -> list[tuple[datetime, datetime, datetime]]:
    """Return each minute with what the clock on the wall shows and should show then.

    It should show the minute after the latest that it has shown.
    """
    found, expected = [], None
    for n in range(minutes):
        wall = (start + n * MINUTE).astimezone(zone).replace(tzinfo=None)
        found.append((start + n * MINUTE, wall, expected or wall))
        expected = max(expected or wall, wall + MINUTE)
    return found


def walk(
    expression: str, zone: ZoneInfo, start: datetime, minutes: int
) -> list[tuple[datetime, set[str]]]:
    """Return the fires of `minutes` minutes from `start`, with what moved them.

    `start` must be in an ordinary hour.
    """
    matcher = Matcher(expression)
    shown = clock(zone, start, minutes)
    if not matcher.is_fixed:
        return [(now, set()) for now, wall, _ in shown if matcher.matches(wall)]
    walls, found = [wall for _, wall, _ in shown], []
    for n, (now, wall, expected) in enumerate(shown):
        # Before what is expected, the clock was put back: these times had their turn.
        # After it, the clock was put forward: what was left out is made up for now.
        skipped = wall > expected and left_out(matcher, expected, wall)
        if skipped or (wall >= expected and matcher.matches(wall)):
            comes_again = wall in walls[n + 1 : n + 24 * 60]
            gap, fold = {"dst_gap"} if skipped else set(), {"dst_fold"}
            found.append((now, gap | fold if comes_again else gap))
    return found


def left_out(matcher: Matcher, first: datetime, end: datetime) -> bool:
    count = (end - first) // MINUTE
    return any(matcher.matches(first + n * MINUTE) for n in range(count))


def utc(text: str) -> datetime:
    """Return a moment of UTC from its ISO text without offset."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
