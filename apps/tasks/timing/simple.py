"""Plans as most people say them: every so many of a unit, at a time, on some weekdays.

What divides an hour or a day evenly becomes a cron expression, and so does each day;
the rest is an interval. Each plan that `simple_of` reads is written back as the same
rule by `rule_of`.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.tasks.timing.errors import TimingError
from apps.tasks.timing.inputs import parse_every
from apps.tasks.timing.pattern import Pattern
from apps.tasks.timing.rules import Cron

SECONDS, MINUTES, HOURS, DAYS = "seconds", "minutes", "hours", "days"
UNITS = {SECONDS: 1, MINUTES: 60, HOURS: 3600, DAYS: 86400}
EVERY_DAY = frozenset(range(7))
FIELD = "simple_every"


@dataclass(frozen=True)
class Simple:
    """Every so many of a unit; `weekdays` from Monday as 0, all of them for each day.

    `hour` and `minute` count for days, `minute` alone for hours.
    """

    every: int
    unit: str
    hour: int = 0
    minute: int = 0
    weekdays: frozenset[int] = EVERY_DAY


@dataclass(frozen=True)
class Written:
    """What is stored of it: a cron expression, or seconds."""

    cron: str = ""
    every_s: int | None = None


def rule_of(simple: Simple) -> Written:
    """Return how it is stored; raises TimingError for what no rule says."""
    if cron := _cron(simple):
        return Written(cron=cron)
    every_s = parse_every(simple.every * UNITS[simple.unit])
    if simple.weekdays != EVERY_DAY:
        raise TimingError("simple_weekdays", field="simple_days", value=simple.every)
    return Written(every_s=every_s)


def simple_of(cron: str, every_s: int | None) -> Simple | None:
    """Return a stored rule as people say it; None where that says less."""
    if every_s is not None:
        return _of_interval(every_s)
    try:
        pattern = Cron(cron).pattern
    except TimingError:
        return None
    for found in _candidates(pattern):
        if _means(_cron(found), pattern):
            return found
    return None


def _cron(simple: Simple) -> str:
    """Return the expression; empty where none says it."""
    days = _days(simple.weekdays)
    if (
        simple.unit == MINUTES
        and simple.every in range(1, 31)
        and not (60 % simple.every)
    ):
        minutes = "*" if simple.every == 1 else f"*/{simple.every}"
        return f"{minutes} * * * {days}"
    if (
        simple.unit == HOURS
        and simple.every in range(1, 13)
        and not (24 % simple.every)
    ):
        hours = "*" if simple.every == 1 else f"*/{simple.every}"
        return f"{simple.minute} {hours} * * {days}"
    if simple.unit == DAYS and simple.every == 1:
        return f"{simple.minute} {simple.hour} * * {days}"
    return ""


def _days(weekdays: frozenset[int]) -> str:
    """Return the last field of an expression, where Monday is 1 and Sunday 0."""
    if weekdays == EVERY_DAY:
        return "*"
    numbers = sorted((day + 1) % 7 for day in weekdays)
    is_range = len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1
    if is_range:
        return f"{numbers[0]}-{numbers[-1]}"
    return ",".join(map(str, numbers))


def _of_interval(every_s: int) -> Simple | None:
    for unit in (DAYS, HOURS, MINUTES, SECONDS):
        count, rest = divmod(every_s, UNITS[unit])
        found = Simple(count, unit)
        if not rest and not _cron(found):
            return found
    return None


def _candidates(pattern: Pattern) -> list[Simple]:
    """Return what a pattern may be."""
    if not all(isinstance(day, int) for day in pattern.weekdays):
        return []
    weekdays = frozenset((day + 6) % 7 for day in pattern.weekdays if type(day) is int)
    hour, minute = pattern.hours[0], pattern.minutes[0]
    count, hours = 60 // len(pattern.minutes), 24 // len(pattern.hours)
    return [
        Simple(count, MINUTES, weekdays=weekdays),
        Simple(hours, HOURS, minute=minute, weekdays=weekdays),
        Simple(1, DAYS, hour, minute, weekdays),
    ]


def _means(cron: str, pattern: Pattern) -> bool:
    if not cron:
        return False
    other = Cron(cron).pattern
    return (
        (other.minutes, other.hours, other.months, other.month_days)
        == (pattern.minutes, pattern.hours, pattern.months, pattern.month_days)
    ) and {_weekday(d) for d in other.weekdays} == {
        _weekday(d) for d in pattern.weekdays
    }


def _weekday(day: object) -> object:
    return day % 7 if isinstance(day, int) else day
