"""Plans in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings

from apps.tasks.sentences import words
from apps.tasks.timing import Cron, Every, Once, Plan, TimingError
from tests.unit.tasks.expressions import DETERMINISTIC, expressions
from tests.unit.tasks.walk import utc

NEW_YORK = ZoneInfo("America/New_York")


def cron_words(expression: str) -> str:
    return words(Plan(rule=Cron(expression), zone=NEW_YORK))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # Times of the day.
        ("30 2 * * *", "At 02:30 every day"),
        ("@daily", "At 00:00 every day"),
        ("0 9,17 * * *", "At 09:00 and 17:00 every day"),
        ("0,30 9,17 * * *", "At 09:00, 09:30, 17:00 and 17:30 every day"),
        ("30 */6 * * *", "At 00:30, 06:30, 12:30 and 18:30 every day"),
        ("*/30 9 * * *", "At 09:00 and 09:30 every day"),
        # From hour to hour.
        ("@hourly", "Every hour, on the hour"),
        ("30 * * * *", "Every hour, at minute 30"),
        ("5/15 * * * *", "Every hour, at minutes 5, 20, 35 and 50"),
        ("0-10,30 0-23 * * *", "Every hour, at minutes 0 to 10 and 30"),
        ("1-59/2 * * * *", "Every hour, at minutes 1 to 59 (in steps of 2)"),
        ("0 9-17 * * 1-5", "Every hour from 09:00 to 17:00 on Monday to Friday"),
        ("15 */2 * * *", "Every 2 hours from 00:15 to 22:15 every day"),
        (
            "5,10,40 9-17 * * *",
            "At minutes 5, 10 and 40 of the hours 9 to 17 every day",
        ),
        (
            "0 0-5,9,12-20 * * *",
            "At minute 0 of the hours 0 to 5, 9 and 12 to 20 every day",
        ),
        (
            "1-3,5,8,9,11 9 1 * *",
            "At minutes 1 to 3, 5, 8, 9 and 11 of hour 9 on day 1 of the month",
        ),
        # Distances in minutes, which are told only where they hold from hour to hour.
        ("* * * * *", "Every minute"),
        ("*,5 * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("0,15,30,45 * * * *", "Every 15 minutes"),
        ("*/30 * * * *", "Every 30 minutes"),
        ("*/7 * * * *", "Every hour, at minutes 0 to 56 (in steps of 7)"),
        ("*/15 9-17 * * *", "Every 15 minutes from 09:00 to 17:59"),
        ("* 9 * * *", "Every minute from 09:00 to 09:59"),
        (
            "*/5 9-11,14-17 * * *",
            "Every 5 minutes from 09:00 to 11:59 and from 14:00 to 17:59",
        ),
        ("*/20 1,3,5,7 * * *", "Every 20 minutes in the hours 1, 3, 5 and 7"),
        ("* */2 * * *", "Every minute in the hours 0 to 22 (in steps of 2)"),
        # Days of the week.
        ("30 2 * * 1-5", "At 02:30 on Monday to Friday"),
        ("30 2 * * MON-FRI", "At 02:30 on Monday to Friday"),
        ("0 0 * * 0", "At 00:00 on Sunday"),
        ("0 0 * * 7", "At 00:00 on Sunday"),
        ("0 0 * * sat,sun", "At 00:00 on Saturday and Sunday"),
        ("0 0 * * 5-7", "At 00:00 on Friday to Sunday"),
        ("0 0 * * 1-7", "At 00:00 every day"),
        ("0 0 * * */2", "At 00:00 on Tuesday, Thursday, Saturday and Sunday"),
        ("0 0 * * MON#1", "At 00:00 on the first Monday of the month"),
        ("0 0 * * 3#3", "At 00:00 on the third Wednesday of the month"),
        ("0 0 * * 0#5", "At 00:00 on the fifth Sunday of the month"),
        ("0 0 * * 7L", "At 00:00 on the last Sunday of the month"),
        (
            "0 0 * 7 3#2,3#4",
            "At 00:00 on the second Wednesday of July and the fourth Wednesday of July",
        ),
        (
            "0 0 * 7 5L,1",
            "At 00:00 on Monday and the last Friday of the month, in July",
        ),
        # Days of the month, and months.
        ("@monthly", "At 00:00 on day 1 of the month"),
        ("@yearly", "At 00:00 on day 1 of January"),
        ("0 0 1,15 * *", "At 00:00 on days 1 and 15 of the month"),
        (
            "0 0 1-7 1-3,12 *",
            "At 00:00 on days 1 to 7 of January to March and December",
        ),
        ("0 0 L * *", "At 00:00 on the last day of the month"),
        ("0 0 L feb *", "At 00:00 on the last day of February"),
        ("0 0 LW * *", "At 00:00 on the last weekday (Monday to Friday) of the month"),
        (
            "0 0 L,15 * *",
            "At 00:00 on day 15 of the month and the last day of the month",
        ),
        ("0 12 */2 * *", "At 12:00 on days 1 to 31 (in steps of 2) of the month"),
        ("0 0 * 5 1#1", "At 00:00 on the first Monday of May"),
        ("0 0 * 1 MON", "At 00:00 on Monday, in January"),
        ("30 2 * */5 *", "At 02:30 every day in January, June and November"),
        ("*/5 * * 6-8 *", "Every 5 minutes, in June to August"),
        ("*/5 * 1 1 *", "Every 5 minutes on day 1 of January"),
        # Both day fields: either matches, unless one begins with a star.
        ("0 0 13 * 5", "At 00:00 on day 13 of the month, and also on Friday"),
        ("0 0 13 6 5", "At 00:00 on day 13 of the month, and also on Friday, in June"),
        ("0 0 1-31 * 5", "At 00:00 every day"),
        (
            "0 0 */2 * MON",
            "At 00:00 on days 1 to 31 (in steps of 2) of the month, but only on Monday",
        ),
        ("0 0 */1 * MON", "At 00:00 on Monday"),
    ],
)
def test_cron_in_words(expression, expected):
    assert cron_words(expression) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1, "Every second"),
        (90, "Every 90 seconds"),
        (60, "Every minute"),
        (300, "Every 5 minutes"),
        (5_400, "Every 90 minutes"),
        (3_600, "Every hour"),
        (7_200, "Every 2 hours"),
        # Not a day: that may have 23 or 25 hours.
        (86_400, "Every 24 hours"),
    ],
)
def test_intervals_in_words(seconds, expected):
    plan = Plan(rule=Every(seconds, utc("2026-03-07T12:00")), zone=NEW_YORK)
    anchor = "2026-03-07 07:00 (America/New_York)"
    assert words(plan) == f"{expected}, counted from {anchor}"


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-07T12:00", "2026-03-07 07:00 (America/New_York)"),
        ("2026-03-07T12:00:09", "2026-03-07 07:00:09 (America/New_York)"),
        # The clock shows these twice, and the second of them tells them apart.
        ("2026-11-01T05:30", "2026-11-01 01:30 -04:00 (America/New_York)"),
        ("2026-11-01T06:30", "2026-11-01 01:30 -05:00 (America/New_York)"),
        ("2026-03-08T07:00", "2026-03-08 03:00 (America/New_York)"),
    ],
)
def test_a_date_in_words(at, expected):
    plan = Plan(rule=Once(utc(at)), zone=NEW_YORK)
    assert words(plan) == f"Once, on {expected}"


@settings(DETERMINISTIC, max_examples=300)
@given(expression=expressions())
def test_every_expression_has_words(expression):
    try:
        said = cron_words(expression)
    except TimingError:
        assume(False)
    assert said.startswith(("At ", "Every "))
    assert "%" not in said


@settings(DETERMINISTIC, max_examples=300)
@given(first=expressions(), second=expressions())
def test_what_reads_the_same_means_the_same(first, second):
    by_words = {}
    for days in ("* * *", "1 * *", "* * 1"):
        for times in (first, second):
            minute, hour, *_ = times.split()
            rule = Cron(f"{minute} {hour} {days}")
            meaning = (rule.pattern.minutes, rule.pattern.hours, days)
            assert (
                by_words.setdefault(words(Plan(rule=rule, zone=NEW_YORK)), meaning)
                == meaning
            )
