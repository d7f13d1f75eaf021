"""Whatever the expression and the zone, cron fires when a walk through time says."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from apps.tasks.timing import (
    Cron,
    Plan,
    TimingError,
    count_fires,
    fires,
    last_fires,
    marks,
)
from tests.unit.tasks.expressions import (
    DETERMINISTIC,
    WALK_MINUTES,
    expressions,
    places,
)
from tests.unit.tasks.walk import MINUTE, Matcher, utc, walk

SECOND = timedelta(seconds=1)
# 28 years, as the calendar repeats.
EVERY_KIND_OF_YEAR = [date(2000, 1, 1) + timedelta(days=n) for n in range(10_227)]


def make_plan(expression: str, zone: ZoneInfo) -> Plan:
    """Return the plan of an expression; others are tried where its days never come."""
    assume(any(map(Matcher(expression).is_day, EVERY_KIND_OF_YEAR)))
    return Plan(rule=Cron(expression), zone=zone)


@settings(DETERMINISTIC, max_examples=1200)
@given(expression=expressions(), place=places())
@example("30 2 * * *", (ZoneInfo("America/New_York"), utc("2026-03-07")))
@example("0 2,3 * * *", (ZoneInfo("America/New_York"), utc("2026-03-07")))
@example("*/20 0 24 4 *", (ZoneInfo("Africa/Cairo"), utc("2026-04-22T12:00")))
@example("30 * * * *", (ZoneInfo("Australia/Lord_Howe"), utc("2026-10-03")))
@example("0 12 30 12 *", (ZoneInfo("Pacific/Apia"), utc("2011-12-29")))
@example("* * 30 12 *", (ZoneInfo("Pacific/Apia"), utc("2011-12-29")))
def test_cron_fires_with_its_marks_when_the_walk_says(expression, place):
    zone, start = place
    plan = make_plan(expression, zone)
    until = start + (WALK_MINUTES - 1) * MINUTE
    found = [
        (fire, set(marks(plan, fire))) for fire in fires(plan, start - SECOND, until)
    ]
    assert found == walk(expression, zone, start, WALK_MINUTES)


@settings(DETERMINISTIC, max_examples=1000)
@given(
    expression=expressions(),
    place=places(),
    span=st.tuples(st.integers(0, 3 * 86400), st.integers(0, 3 * 86400)),
    wanted=st.integers(0, 50),
)
def test_any_part_of_the_time_has_its_part_of_the_fires(
    expression, place, span, wanted
):
    zone, begin = place
    plan = make_plan(expression, zone)
    after, until = (begin + offset * SECOND for offset in span)
    whole = list(fires(plan, begin - SECOND, begin + timedelta(days=3)))
    part = [fire for fire in whole if after < fire <= until]
    assert list(fires(plan, after, until)) == part
    assert count_fires(plan, after, until) == len(part)
    assert last_fires(plan, after, until, wanted) == part[max(0, len(part) - wanted) :]


@settings(DETERMINISTIC, max_examples=500)
@given(expression=expressions(), day=st.integers(0, 130))
def test_where_no_clock_is_set_cronsim_says_the_same(expression, day):
    zone = ZoneInfo("America/New_York")
    plan = make_plan(expression, zone)
    start = datetime(2026, 4, 1, tzinfo=zone) + timedelta(days=day)
    simulated, until = [], start + timedelta(days=60)
    for fire in CronSim(expression, start):
        if fire > until or len(simulated) == 100:
            break
        simulated.append(fire)
    ours = fires(plan, start, until)
    assert [fire for fire, _ in zip(ours, simulated, strict=False)] == simulated


@settings(DETERMINISTIC, max_examples=500)
@given(expression=expressions())
def test_an_expression_whose_days_never_come_is_refused(expression):
    if any(map(Matcher(expression).is_day, EVERY_KIND_OF_YEAR)):
        Cron(expression)
        return
    with pytest.raises(TimingError, match="cron_impossible"):
        Cron(expression)
