"""A rule between a start and an end: intervals, dates, and what is left of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tasks.timing import (
    Cron,
    Every,
    Once,
    Plan,
    TimingError,
    check_ahead,
    count_fires,
    fires,
    jitter_s,
    last_fires,
    next_fire,
    zones,
)
from tests.unit.tasks.expressions import DETERMINISTIC
from tests.unit.tasks.walk import utc

NEW_YORK = ZoneInfo("America/New_York")
ANCHOR = utc("2026-03-07T12:00")
DAY = timedelta(days=1)


def make_plan(rule, **limits) -> Plan:
    return Plan(rule=rule, zone=NEW_YORK, **limits)


def test_every_day_of_seconds_drifts_from_the_clock_of_the_wall():
    plan = make_plan(Every(86_400, ANCHOR))
    shown = [fire.astimezone(NEW_YORK).hour for fire in islice(fires(plan, ANCHOR), 2)]
    assert shown == [8, 8]
    assert next_fire(plan, ANCHOR - DAY) == ANCHOR


@settings(DETERMINISTIC, max_examples=300)
@given(
    seconds=st.integers(1, 5_000),
    span=st.tuples(st.integers(-9_000, 9_000), st.integers(-9_000, 9_000)),
    wanted=st.integers(0, 9),
)
def test_intervals_are_counted_from_their_anchor(seconds, span, wanted):
    plan = make_plan(Every(seconds, ANCHOR))
    low, high = (ANCHOR + timedelta(seconds=s) for s in span)
    expected = [ANCHOR + timedelta(seconds=s) for s in range(0, 9_001, seconds)]
    expected = [fire for fire in expected if low < fire <= high]
    assert list(fires(plan, low, high)) == expected
    assert count_fires(plan, low, high) == len(expected)
    last = expected[max(0, len(expected) - wanted) :]
    assert last_fires(plan, low, high, wanted) == last


def test_years_of_seconds_and_minutes_are_counted():
    start, end = utc("2026-01-01"), utc("2036-01-01")
    seconds = (end - start) // timedelta(seconds=1)
    assert count_fires(make_plan(Every(1, start)), start, end) == seconds
    assert count_fires(make_plan(Cron("* * * * *")), start, end) == seconds // 60
    assert last_fires(make_plan(Cron("* * * * *")), start, end, 2) == [
        end - timedelta(minutes=1),
        end,
    ]


def test_the_last_fires_go_back_over_years():
    plan = make_plan(Cron("30 1,2 * * *"))
    years = utc("2019-06-01"), utc("2026-06-01")
    assert last_fires(plan, *years, 10_000) == list(fires(plan, *years))


def test_a_date_fires_once():
    plan = make_plan(Once(ANCHOR))
    assert list(fires(plan, ANCHOR - DAY)) == [ANCHOR]
    assert next_fire(plan, ANCHOR) is None
    assert count_fires(plan, ANCHOR - DAY, ANCHOR) == 1
    assert last_fires(plan, ANCHOR - DAY, ANCHOR, 5) == [ANCHOR]
    assert last_fires(plan, ANCHOR, ANCHOR + DAY, 5) == []


@pytest.mark.parametrize("rule", [Cron("0 12 * * *"), Every(86_400, ANCHOR)])
def test_start_and_end_may_be_fires_themselves(rule):
    start, end = ANCHOR + 2 * DAY, ANCHOR + 4 * DAY
    plan = Plan(rule=rule, zone=ZoneInfo("UTC"), start=start, end=end)
    days = [start, start + DAY, end]
    assert list(fires(plan, ANCHOR)) == days
    assert count_fires(plan, ANCHOR, ANCHOR + 9 * DAY) == 3
    assert last_fires(plan, ANCHOR, ANCHOR + 9 * DAY, 9) == days
    assert list(fires(plan, start)) == days[1:]


def test_windows_that_follow_each_other_share_nothing_and_miss_nothing():
    plan = make_plan(Cron("*/7 * * * *"))
    cuts = [ANCHOR + timedelta(minutes=minutes) for minutes in range(0, 700, 49)]
    parts = [list(fires(plan, a, b)) for a, b in pairwise(cuts)]
    assert [fire for part in parts for fire in part] == list(
        fires(plan, cuts[0], cuts[-1])
    )


def test_parts_of_a_second_are_kept_apart():
    plan = make_plan(Cron("0 7 * * *"))
    noon, part = ANCHOR, timedelta(microseconds=1)
    assert next_fire(plan, noon - part) == noon
    assert list(fires(plan, noon - DAY, noon - part)) == []
    assert make_plan(Once(ANCHOR + part)) == make_plan(Once(ANCHOR))


def test_a_plan_is_the_same_whatever_zone_its_moments_were_written_in():
    local = ANCHOR.astimezone(NEW_YORK)
    assert make_plan(Every(60, local), start=local) == make_plan(
        Every(60, ANCHOR), start=ANCHOR
    )
    assert next_fire(make_plan(Once(local)), local - DAY) == ANCHOR


def test_a_search_for_a_rare_day_ends():
    plan = make_plan(Cron("0 0 * 2 MON#5"))
    assert next_fire(plan, utc("2026-01-01")) == utc("2044-02-29T05:00")
    assert next_fire(plan, utc("2997-01-01")) is None


def test_the_next_fire_looks_no_further_than_it_has_to(monkeypatch):
    years = []

    def look(zone, year):
        years.append(year)
        return ()

    monkeypatch.setattr(zones, "_shifts_of_year", look)
    plan = make_plan(Cron("30 2 * * *"))
    assert next_fire(plan, utc("2026-06-01")) is not None
    assert set(years) == {2026, 2027}


def test_nothing_fires_before_1970_or_after_2999():
    plan = make_plan(Cron("0 0 1 1 *"))
    assert next_fire(plan, utc("1066-10-14")) == utc("1970-01-01T05:00")
    assert next_fire(plan, utc("2999-06-01")) is None
    assert next_fire(plan, utc("9999-12-31T23:59")) is None
    assert len(list(fires(plan, utc("0001-01-01")))) == 1030


def test_a_moment_without_a_zone_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="has no time zone"):
        Once(datetime(2026, 3, 7))  # noqa: DTZ001


@pytest.mark.parametrize("year", [1969, 3000])
def test_a_date_out_of_range_is_refused(year):
    with pytest.raises(TimingError, match="moment_range") as caught:
        Once(ANCHOR.replace(year=year))
    assert caught.value.field == "at"


@pytest.mark.parametrize("after_s", [-1, 0, 0.9])
def test_an_end_that_is_not_after_the_start_is_refused(after_s):
    with pytest.raises(TimingError, match="end_before_start") as caught:
        make_plan(Cron("@daily"), start=ANCHOR, end=ANCHOR + timedelta(seconds=after_s))
    assert caught.value.field == "end"
    assert make_plan(Once(ANCHOR), start=ANCHOR, end=ANCHOR + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("plan", "code", "field"),
    [
        (make_plan(Once(ANCHOR)), "once_past", "at"),
        (make_plan(Cron("@daily"), end=ANCHOR), "end_past", "end"),
        (make_plan(Cron("@yearly"), end=ANCHOR + DAY), "nothing_left", "end"),
        (
            make_plan(Once(ANCHOR + DAY), start=ANCHOR + 2 * DAY),
            "nothing_left",
            "start",
        ),
    ],
)
def test_a_plan_with_nothing_left_to_fire_is_refused(plan, code, field):
    with pytest.raises(TimingError, match=code) as caught:
        check_ahead(plan, ANCHOR)
    assert caught.value.field == field


def test_a_plan_with_something_ahead_says_what():
    assert check_ahead(make_plan(Once(ANCHOR)), ANCHOR - DAY) == ANCHOR


@settings(DETERMINISTIC, max_examples=300)
@given(key=st.text(max_size=20), hours=st.integers(0, 10**5), most=st.floats(0, 86_400))
def test_jitter_is_the_same_each_time_and_within_its_limits(key, hours, most):
    fire = ANCHOR + timedelta(hours=hours)
    found = jitter_s(key, fire, most)
    assert 0 <= found <= most
    assert found == jitter_s(key, fire.astimezone(NEW_YORK), most)


def test_jitter_spreads_schedules_and_fires():
    by_key = {jitter_s(f"schedule {n}", ANCHOR, 60) // 6 for n in range(200)}
    by_fire = {jitter_s("one", ANCHOR + n * DAY, 60) // 6 for n in range(200)}
    assert by_key == by_fire == set(range(10))
