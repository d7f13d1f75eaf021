"""What happens to schedules when clocks are put forward or back, day by day."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from apps.tasks.timing import (
    DST_FOLD,
    DST_GAP,
    Cron,
    Plan,
    at_local,
    count_fires,
    fires,
    marks,
)
from tests.unit.tasks.walk import utc


def preview(expression: str, zone: str, after: str, count: int = 3) -> list[str]:
    """Return the next fires as local times with their offset and marks."""
    plan = Plan(rule=Cron(expression), zone=ZoneInfo(zone))
    found = list(islice(fires(plan, utc(after)), count))
    return [
        " ".join(
            [fire.astimezone(plan.zone).strftime("%d %H:%M %z"), *marks(plan, fire)]
        )
        for fire in found
    ]


def test_a_time_that_does_not_exist_fires_right_after_the_gap():
    assert preview("30 2 * * *", "America/New_York", "2026-03-07") == [
        "07 02:30 -0500",
        f"08 03:00 -0400 {DST_GAP}",
        "09 02:30 -0400",
    ]


def test_a_gap_neither_adds_nor_loses_a_fire():
    plan = Plan(rule=Cron("30 2 * * *"), zone=ZoneInfo("America/New_York"))
    assert count_fires(plan, utc("2026-03-07"), utc("2026-03-10")) == 3


def test_a_fire_out_of_a_gap_is_found_from_the_second_before_it():
    second_before = preview("30 2 * * *", "America/New_York", "2026-03-08T06:59:59", 1)
    assert second_before == [f"08 03:00 -0400 {DST_GAP}"]
    assert preview("30 2 * * *", "America/New_York", "2026-03-08T07:00", 1) == [
        "09 02:30 -0400"
    ]


def test_all_the_times_of_one_gap_fire_once_together():
    assert preview("0,20,40 2-3 8 3 *", "America/New_York", "2026-03-08") == [
        f"08 03:00 -0400 {DST_GAP}",
        "08 03:20 -0400",
        "08 03:40 -0400",
    ]


def test_a_time_that_exists_twice_fires_at_the_first():
    assert preview("30 1 * * *", "America/New_York", "2026-10-31") == [
        "31 01:30 -0400",
        f"01 01:30 -0400 {DST_FOLD}",
        "02 01:30 -0500",
    ]


def test_what_is_asked_within_the_second_hour_does_not_answer_with_the_first():
    assert preview("30 1 * * *", "America/New_York", "2026-11-01T06:10", 1) == [
        "02 01:30 -0500"
    ]


def test_patterns_with_a_star_leave_out_what_does_not_exist():
    assert preview("*/30 2 * * *", "America/New_York", "2026-03-07T07:30") == [
        "09 02:00 -0400",
        "09 02:30 -0400",
        "10 02:00 -0400",
    ]


def test_patterns_with_a_star_fire_in_both_hours_of_a_fold_without_marks():
    assert preview("*/30 1 * * *", "America/New_York", "2026-11-01", 5) == [
        "01 01:00 -0400",
        "01 01:30 -0400",
        "01 01:00 -0500",
        "01 01:30 -0500",
        "02 01:00 -0500",
    ]


def test_hourly_is_every_hour_of_elapsed_time():
    assert preview("@hourly", "Europe/London", "2026-10-24T23:30") == [
        "25 01:00 +0100",
        "25 01:00 +0000",
        "25 02:00 +0000",
    ]


def test_midnight_that_does_not_exist_fires_at_one():
    assert preview("@daily", "Africa/Cairo", "2026-04-22T23:00", 2) == [
        f"24 01:00 +0300 {DST_GAP}",
        "25 00:00 +0300",
    ]
    assert preview("*/20 0 24 4 *", "Africa/Cairo", "2026-04-22T23:00", 1) == [
        # Of the next year, when midnight exists.
        "24 00:00 +0200"
    ]


def test_midnights_of_sao_paulo_fire_once_in_spring_and_autumn():
    assert preview("0 0 * * *", "America/Sao_Paulo", "2018-11-04", 2) == [
        f"04 01:00 -0200 {DST_GAP}",
        "05 00:00 -0200",
    ]
    assert preview("30 23 * * *", "America/Sao_Paulo", "2018-02-17T12:00", 2) == [
        f"17 23:30 -0200 {DST_FOLD}",
        "18 23:30 -0300",
    ]


def test_half_an_hour_of_lord_howe():
    assert preview("15 2 * * *", "Australia/Lord_Howe", "2026-10-03", 2) == [
        f"04 02:30 +1100 {DST_GAP}",
        "05 02:15 +1100",
    ]
    assert preview("45 1 * * *", "Australia/Lord_Howe", "2026-04-04", 2) == [
        f"05 01:45 +1100 {DST_FOLD}",
        "06 01:45 +1030",
    ]


def test_hours_after_half_an_hour_was_left_out_keep_all_their_minutes():
    assert preview("30 * * * *", "Australia/Lord_Howe", "2026-10-03T14:45", 3) == [
        "04 01:30 +1030",
        "04 02:30 +1100",
        "04 03:30 +1100",
    ]
    assert preview("*/30 5 4 10 *", "Australia/Lord_Howe", "2026-10-03", 2) == [
        "04 05:00 +1100",
        "04 05:30 +1100",
    ]


def test_the_day_that_samoa_left_out_fires_when_the_next_begins():
    assert preview("0 12 * * *", "Pacific/Apia", "2011-12-29", 4) == [
        "29 12:00 -1000",
        f"31 00:00 +1400 {DST_GAP}",
        "31 12:00 +1400",
        "01 12:00 +1400",
    ]
    assert preview("0 0 * * *", "Pacific/Apia", "2011-12-30", 2) == [
        f"31 00:00 +1400 {DST_GAP}",
        "01 00:00 +1400",
    ]


def test_nothing_with_a_star_fires_on_the_day_that_samoa_left_out():
    plan = Plan(rule=Cron("*/5 * 30 12 *"), zone=ZoneInfo("Pacific/Apia"))
    assert count_fires(plan, utc("2011-12-01"), utc("2012-01-31")) == 0


def test_dublin_whose_winter_is_the_exception():
    assert preview("30 1 * * *", "Europe/Dublin", "2026-03-28T12:00", 2) == [
        f"29 02:00 +0100 {DST_GAP}",
        "30 01:30 +0100",
    ]
    assert preview("30 1 * * *", "Europe/Dublin", "2026-10-24T12:00", 2) == [
        f"25 01:30 +0100 {DST_FOLD}",
        "26 01:30 +0000",
    ]


def test_shanghai_knew_summer_time_and_does_no_more():
    assert preview("30 2 * * *", "Asia/Shanghai", "1990-04-14T12:00", 1) == [
        f"15 03:00 +0900 {DST_GAP}"
    ]
    plan = Plan(rule=Cron("30 2 * * *"), zone=ZoneInfo("Asia/Shanghai"))
    shown = fires(plan, utc("2026-01-01"), utc("2027-01-01"))
    assert {marks(plan, fire) for fire in shown} == {()}


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-03-08T01:59:59", "2026-03-08T06:59:59"),
        ("2026-03-08T02:00", "2026-03-08T07:00"),
        ("2026-03-08T02:30:30", "2026-03-08T07:00"),
        ("2026-03-08T03:00", "2026-03-08T07:00"),
        ("2026-11-01T01:30", "2026-11-01T05:30"),
        ("2026-11-01T02:00", "2026-11-01T07:00"),
    ],
)
def test_a_local_time_is_a_moment_by_the_same_rule(local, expected):
    moment = at_local(datetime.fromisoformat(local), ZoneInfo("America/New_York"))
    assert moment == utc(expected)
