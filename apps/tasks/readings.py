"""Cron expressions in words.

They are made from what an expression means (which minutes, hours, days), not from how it
is written: `0,15,30,45`, `*/15` and `0-59/15` read the same, and nothing that a field may
hold is left without words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _

from apps.tasks.timing import LAST_DAY, LAST_WEEKDAY, Pattern

# Up to so many times of the day are listed, so many parts of the day named.
MOST_TIMES = 6
MOST_WINDOWS = 3
# From so many on, values at equal distances are told by that distance.
FEWEST_STEPS = 6
FEWEST_HOURS = 5
ALL_HOURS = 24
ALL_WEEKDAYS = 7
ALL_DAYS = 31
ALL_MONTHS = 12


def read_cron(pattern: Pattern) -> str:
    """Return what a pattern means, such as "At 02:30 on Monday to Friday"."""
    times = _times(pattern)
    days, has_months = _days(pattern)
    listed = len(pattern.months) < ALL_MONTHS and not has_months
    facts = {"times": times, "days": days, "months": _months(pattern)}
    if not days:
        if _is_often(pattern):
            return _("%(times)s, in %(months)s") % facts if listed else times
        if listed:
            return _("%(times)s every day in %(months)s") % facts
        return _("%(times)s every day") % facts
    if listed:
        return _("%(times)s on %(days)s, in %(months)s") % facts
    return _("%(times)s on %(days)s") % facts


# Times of the day.


def _times(pattern: Pattern) -> str:
    if _is_often(pattern):
        return _often(pattern)
    minutes, hours = pattern.minutes, pattern.hours
    step = _step(hours)
    if len(minutes) == 1 and len(hours) >= FEWEST_HOURS and step:
        return _every_hours(minutes[0], hours, step)
    if len(minutes) * len(hours) <= MOST_TIMES:
        times = [_clock(hour, minute) for hour in hours for minute in minutes]
        return _("At %(times)s") % {"times": join(times)}
    facts = {"minutes": _numbers(minutes), "hours": _numbers(hours)}
    if len(hours) == 1:
        return _("At minutes %(minutes)s of hour %(hours)s") % facts
    if len(minutes) == 1:
        return _("At minute %(minutes)s of the hours %(hours)s") % facts
    return _("At minutes %(minutes)s of the hours %(hours)s") % facts


def _is_often(pattern: Pattern) -> bool:
    """Tell whether it fires at a distance in minutes, or in every hour."""
    if len(pattern.hours) == ALL_HOURS:
        return True
    several = len(pattern.minutes) * len(pattern.hours) > MOST_TIMES
    return bool(_minute_step(pattern)) and (len(pattern.minutes) > 2 or several)


def _minute_step(pattern: Pattern) -> int:
    """Return n where the minutes go on every n minutes from hour to hour, else 0."""
    step = _step(pattern.minutes)
    whole = pattern.minutes[0] == 0 and step * len(pattern.minutes) == 60
    return step if whole else 0


def _often(pattern: Pattern) -> str:
    step, all_hours = _minute_step(pattern), len(pattern.hours) == ALL_HOURS
    if not step:
        return _each_hour(pattern.minutes)
    often = every_minutes(step)
    if all_hours:
        return often
    windows = list(_runs(pattern.hours))
    facts = {"often": often, "hours": _numbers(pattern.hours)}
    if len(windows) > MOST_WINDOWS:
        return _("%(often)s in the hours %(hours)s") % facts
    facts["windows"] = join([_window(run[0], run[-1]) for run in windows])
    return _("%(often)s %(windows)s") % facts


def _each_hour(minutes: Sequence[int]) -> str:
    if tuple(minutes) == (0,):
        return _("Every hour, on the hour")
    facts = {"minutes": _numbers(minutes)}
    if len(minutes) == 1:
        return _("Every hour, at minute %(minutes)s") % facts
    return _("Every hour, at minutes %(minutes)s") % facts


def _every_hours(minute: int, hours: Sequence[int], step: int) -> str:
    facts = {"first": _clock(hours[0], minute), "last": _clock(hours[-1], minute)}
    if step == 1:
        return _("Every hour from %(first)s to %(last)s") % facts
    return _("Every %(count)s hours from %(first)s to %(last)s") % {
        "count": step,
        **facts,
    }


def every_minutes(count: int) -> str:
    if count == 1:
        return _("Every minute")
    return _("Every %(count)s minutes") % {"count": count}


def _window(first: int, last: int) -> str:
    facts = {"first": _clock(first, 0), "last": _clock(last, 59)}
    return _("from %(first)s to %(last)s") % facts


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


# Days.


def _days(pattern: Pattern) -> tuple[str, bool]:
    """Return the days in words, "" for all, and whether the months are in them."""
    dates = not _all_dates(pattern)
    weekdays = not _all_weekdays(pattern)
    if not pattern.both_days and not (dates and weekdays):
        # Either may match, and one always does.
        return "", False
    if dates and weekdays:
        facts = {"dates": _dates(pattern, ""), "weekdays": _weekdays(pattern, "")}
        if pattern.both_days:
            return _("%(dates)s, but only on %(weekdays)s") % facts, False
        return _("%(dates)s, and also on %(weekdays)s") % facts, False
    months = _months(pattern) if len(pattern.months) < ALL_MONTHS else ""
    if dates:
        return _dates(pattern, months), True
    if weekdays:
        only_nth = not _plain_weekdays(pattern)
        return _weekdays(pattern, months if only_nth else ""), only_nth
    return "", False


def _all_dates(pattern: Pattern) -> bool:
    return sum(day > 0 for day in pattern.month_days) == ALL_DAYS


def _all_weekdays(pattern: Pattern) -> bool:
    return len(_plain_weekdays(pattern)) == ALL_WEEKDAYS


def _dates(pattern: Pattern, months: str) -> str:
    facts = {"months": months or _("the month")}
    numbers = sorted(day for day in pattern.month_days if day > 0)
    found = []
    if numbers:
        facts["days"] = _numbers(numbers)
        one = _("day %(days)s of %(months)s")
        found.append((one if len(numbers) == 1 else _several_days()) % facts)
    if LAST_DAY in pattern.month_days:
        found.append(_("the last day of %(months)s") % facts)
    if LAST_WEEKDAY in pattern.month_days:
        found.append(_("the last weekday (Monday to Friday) of %(months)s") % facts)
    return join(found)


def _several_days() -> str:
    return _("days %(days)s of %(months)s")


def _weekdays(pattern: Pattern, months: str) -> str:
    plain = _plain_weekdays(pattern)
    found = list(_shortened(plain, lambda day: str(WEEKDAYS[day])))
    pairs = {(d[0] % 7, d[1]) for d in pattern.weekdays if isinstance(d, tuple)}
    for weekday, nth in sorted(pairs, key=lambda pair: (pair[1] < 0, pair[1], pair[0])):
        facts = {"weekday": WEEKDAYS[(weekday + 6) % 7]}
        facts["months"] = months or _("the month")
        found.append(_nth_weekday(nth) % facts)
    return join(found)


def _nth_weekday(nth: int) -> str:
    if nth == LAST_DAY:
        return _("the last %(weekday)s of %(months)s")
    return (
        _("the first %(weekday)s of %(months)s"),
        _("the second %(weekday)s of %(months)s"),
        _("the third %(weekday)s of %(months)s"),
        _("the fourth %(weekday)s of %(months)s"),
        _("the fifth %(weekday)s of %(months)s"),
    )[nth - 1]


def _plain_weekdays(pattern: Pattern) -> list[int]:
    """Return the weekdays that always match, Monday as 0 as Django counts them."""
    return sorted({(d + 6) % 7 for d in pattern.weekdays if isinstance(d, int)})


def _months(pattern: Pattern) -> str:
    return join(list(_shortened(pattern.months, lambda month: str(MONTHS[month]))))


# Sets of numbers.


def _numbers(values: Sequence[int]) -> str:
    step = _step(values)
    if step > 1 and len(values) >= FEWEST_STEPS:
        facts = {"first": values[0], "last": values[-1], "step": step}
        return _("%(first)s to %(last)s (in steps of %(step)s)") % facts
    return join(list(_shortened(values, str)))


def _shortened(values: Sequence[int], show: Callable[[int], str]) -> Iterable[str]:
    """Yield values in words, three or more neighbours as a range."""
    for run in _runs(values):
        if len(run) > 2:
            facts = {"first": show(run[0]), "last": show(run[-1])}
            yield _("%(first)s to %(last)s") % facts
        else:
            yield from map(show, run)


def _runs(values: Sequence[int]) -> Iterable[list[int]]:
    """Yield neighbours together; `values` go up."""
    run: list[int] = []
    for value in values:
        if run and value != run[-1] + 1:
            yield run
            run = []
        run.append(value)
    if run:
        yield run


def _step(values: Sequence[int]) -> int:
    """Return the distance if it is the same between all (two or more), else 0."""
    steps = {b - a for a, b in pairwise(values)}
    return steps.pop() if len(steps) == 1 else 0


def join(items: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"; `items` has one or more."""
    found = items[0]
    for item in items[1:-1]:
        found = _("%(list)s, %(item)s") % {"list": found, "item": item}
    if len(items) > 1:
        found = _("%(list)s and %(item)s") % {"list": found, "item": items[-1]}
    return found
