"""What cannot be planned is refused, with a code and a sentence that says how else."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from apps.tasks.sentences import MESSAGES, explain
from apps.tasks.timing import (
    Cron,
    Every,
    Once,
    Plan,
    TimingError,
    check_ahead,
    check_jitter,
    fires,
    next_fire,
    parse_cron,
    parse_every,
    parse_moment,
    parse_zone,
)
from tests.unit.tasks.walk import utc

UTC_ZONE = ZoneInfo("UTC")
NOW = utc("2026-03-07T12:00")
LATER = utc("2026-03-08T12:00")


def refusal(function, *args, **kwargs) -> TimingError:
    with pytest.raises(TimingError) as caught:
        function(*args, **kwargs)
    return caught.value


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ("", "cron_empty", "five fields, such as 30 2 * * 1-5"),
        (" \t ", "cron_empty", "five fields"),
        ("31 2 *", "cron_fields", "this one has 3"),
        ("0 0 * *", "cron_fields", "this one has 4"),
        ("0 0 0 * * *", "cron_six_fields", "begins with the minute; this one has six"),
        ("0 0 0 * * * 2026", "cron_fields", "this one has 7"),
        ("1 " * 200, "cron_too_long", "at most 200 characters"),
        ("@reboot", "cron_reboot", "Choose a time or an interval"),
        ("@Reboot", "cron_reboot", "names no time"),
        (
            "@often",
            "cron_nickname",
            "@often is not known; the names with @ are @yearly",
        ),
        ("@daily 5", "cron_nickname", "@daily 5 is not known"),
        (
            "60 * * * *",
            "cron_range",
            "60 is out of range (minute); it goes from 0 to 59",
        ),
        ("* 24 * * *", "cron_range", "24 is out of range (hour)"),
        ("* * 0 * *", "cron_range", "(day of the month); it goes from 1 to 31"),
        ("* * * 13 *", "cron_range", "(month); it goes from 1 to 12"),
        ("* * * * 8", "cron_range", "(day of the week); it goes from 0 to 7"),
        ("* * * * 8L", "cron_range", "8 is out of range"),
        ("0 0-99 * * *", "cron_range", "99 is out of range"),
        (
            "0 0 * FOO *",
            "cron_name",
            "FOO is not known (month); write a number or one of JAN",
        ),
        ("0 0 * * MONDAY", "cron_name", "one of SUN, MON"),
        ("MON * * * *", "cron_no_names", "this field takes numbers only"),
        ("0 0 * * FRI-MON", "cron_reversed", "Write it as two"),
        ("0 22-2 * * *", "cron_reversed", "22-23,0-2 for 22-2"),
        ("*/0 * * * *", "cron_step_zero", "the smallest is 1"),
        ("*/90 * * * *", "cron_step_range", "needs an interval in seconds"),
        ("0 */24 * * *", "cron_step_range", "at most 23"),
        ("0 0 * * 1#6", "cron_nth", "1 to 5, as in MON#1"),
        ("0 0 * * 1#", "cron_nth", "1# cannot be read"),
        ("0 0 15W * *", "cron_foreign", "L in the day of the month is its last day"),
        ("0 0 ? * *", "cron_foreign", "? is not known here (day of the month)"),
        ("H/15 * * * *", "cron_foreign", "H/15 is not known here"),
        ("0 0 L-3 * *", "cron_foreign", "L-3 is not known here"),
        ("0~30 * * * *", "cron_foreign", "other schedulers have it"),
        ("1,,2 * * * *", "cron_syntax", "1,,2 cannot be read (minute)"),
        ("1- * * * *", "cron_syntax", "1- cannot be read"),
        ("-1 * * * *", "cron_syntax", "-1 cannot be read"),
        ("*-5 * * * *", "cron_syntax", "*-5 cannot be read"),
        ("1.5 * * * *", "cron_syntax", "1.5 cannot be read"),
        ("*/x * * * *", "cron_syntax", "*/X cannot be read"),
        ("1/2/3 * * * *", "cron_syntax", "1/2/3 cannot be read"),
        ("1-2-3 * * * *", "cron_syntax", "1-2-3 cannot be read"),
        ("0 0 L/2 * *", "cron_syntax", "L/2 cannot be read"),
        ("0 0 20-L * *", "cron_syntax", "20-L cannot be read"),
        ("0 0 * * L", "cron_syntax", "L cannot be read (day of the week)"),
        ("0 0 * * FRIL", "cron_name", "FRIL is not known"),
        ("5\u0662 * * * *", "cron_syntax", "cannot be read"),
        ("0 0 * * fr\u0131", "cron_syntax", "cannot be read"),
        ("0 0 30 2 *", "cron_impossible", "No day ever matches: day of the month 30"),
        (
            "0 0 31 2,4,6,9,11 *",
            "cron_impossible",
            "Choose days that these months have",
        ),
        ("0 0 */30 2 MON#5", "cron_impossible", "day of the week MON#5"),
    ],
)
def test_a_wrong_expression(text, code, sentence):
    error = refusal(parse_cron, text)
    assert (error.code, error.field) == (code, "cron")
    assert sentence in explain(error)


@pytest.mark.parametrize(
    ("value", "code", "sentence"),
    [
        (0, "interval_zero", "at least 1 second, not 0"),
        (-5, "interval_negative", "got -5"),
        (0.5, "interval_often", "more than one run a second"),
        (1.5, "interval_fraction", "whole number of seconds, got 1.5"),
        ("1.5", "interval_fraction", "whole number"),
        ("soon", "interval_number", "such as 300; got soon"),
        ("", "interval_number", "such as 300"),
        (None, "interval_number", "got null"),
        (True, "interval_number", "got true"),
        ([5], "interval_number", "got […]"),
        (float("nan"), "interval_number", "got nan"),
        ("1e999", "interval_long", "315619200 seconds (ten years), got inf"),
        (10**40, "interval_long", "Choose a date, or a cron expression"),
    ],
)
def test_a_wrong_interval(value, code, sentence):
    error = refusal(parse_every, value)
    assert (error.code, error.field) == (code, "every_s")
    assert sentence in explain(error)


def test_a_right_interval():
    found = [parse_every(value) for value in (300, 300.0, "300", " 300 ")]
    assert [repr(seconds) for seconds in found] == ["300"] * 4


def test_an_interval_is_checked_where_a_rule_is_made():
    assert refusal(Every, 0, NOW).code == "interval_zero"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "Mars/Olympus",
            "no time zone Mars/Olympus. Write its name as in Asia/Shanghai",
        ),
        ("", "There is no time zone"),
        ("../../etc/passwd", "There is no time zone ../../etc/passwd"),
        ("America", "There is no time zone America"),
        ("shanghai", "did you mean Asia/Shanghai?"),
        ("America/new york", "did you mean America/New_York?"),
        ("utc", "did you mean UTC?"),
        ("x\0" * 5000, "There is no time zone"),
    ],
)
def test_a_wrong_zone(name, sentence):
    error = refusal(parse_zone, name)
    assert (error.code, error.field) == ("zone_unknown", "timezone")
    assert sentence in explain(error)


def test_a_right_zone():
    assert parse_zone("Asia/Shanghai") is ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("soon", "moment_unreadable"),
        ("", "moment_unreadable"),
        ("2026-02-30T00:00", "moment_unreadable"),
        ("1960-01-01", "moment_range"),
        ("3000-01-01T00:00Z", "moment_range"),
        ("0001-01-01T00:00+14:00", "moment_range"),
        ("9999-12-31T23:59:59-12:00", "moment_range"),
        ("9999-12-31T23:59:59", "moment_range"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "America/New_York"])
def test_a_wrong_moment(text, code, zone):
    error = refusal(parse_moment, text, ZoneInfo(zone), field="at")
    assert (error.code, error.field) == (code, "at")
    assert text in explain(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-07T12:00:00Z", "2026-03-07T12:00"),
        ("2026-03-07 12:00:00.9+00:00", "2026-03-07T12:00"),
        ("2026-03-07T07:00", "2026-03-07T12:00"),
        ("2026-03-08T02:30", "2026-03-08T07:00"),
        ("2026-03-07", "2026-03-07T05:00"),
    ],
)
def test_a_right_moment_without_an_offset_is_local_time(text, expected):
    zone = ZoneInfo("America/New_York")
    assert parse_moment(text, zone, field="at") == utc(expected)


@pytest.mark.parametrize(
    ("seconds", "rule", "code", "sentence"),
    [
        (-1, Once(NOW), "jitter_negative", "0 seconds or more, got -1"),
        ("5", Once(NOW), "jitter_number", "such as 30; got 5"),
        (float("nan"), Once(NOW), "jitter_number", "got nan"),
        (86_401, Once(NOW), "jitter_long", "at most 86400 seconds (24 hours)"),
        (61, Every(60, NOW), "jitter_interval", "next, 60 seconds. Choose a shorter"),
        (301, Cron("*/5 * * * *"), "jitter_interval", "next, 300 seconds"),
        (121, Cron("0,58 * * * *"), "jitter_interval", "next, 120 seconds"),
        (601, Cron("5,55 0,23 * * *"), "jitter_interval", "next, 600 seconds"),
    ],
)
def test_a_wrong_jitter(seconds, rule, code, sentence):
    error = refusal(check_jitter, seconds, rule)
    assert (error.code, error.field) == (code, "jitter_s")
    assert sentence in explain(error)


@pytest.mark.parametrize(
    ("rule", "most"),
    [
        (Every(60, NOW), 60),
        (Cron("0 0,23 * * 1,3"), 23 * 3600),
        (Cron("30 2 * * *"), 86_400),
        (Cron("0 0 29 2 *"), 86_400),
        (Once(NOW), 0.5),
    ],
)
def test_jitter_may_be_as_long_as_the_time_between_two_fires(rule, most):
    assert check_jitter(most, rule) == most


def test_a_range_of_one_value_with_a_step_is_that_value():
    plan = Plan(rule=Cron("5-5/2 12 * * MON-MON/2"), zone=UTC_ZONE)
    assert next_fire(plan, NOW) == utc("2026-03-09T12:05")
    assert len(list(fires(plan, NOW, utc("2026-03-15")))) == 1


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  0\t0  *   * * ", "0 0 * * *"),
        ("@Daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        ("@weekly", "0 0 * * sun"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 jan *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_names_and_blanks(text, same):
    year = utc("2026-01-01"), utc("2027-01-02")
    plans = [Plan(rule=Cron(wanted), zone=UTC_ZONE) for wanted in (text, same)]
    first, second = (list(fires(plan, *year)) for plan in plans)
    assert first == second
    assert plans[0].rule.expression == " ".join(text.split())


def refused_plans():
    """What is wrong only with a whole plan, or at a certain time, and what is said."""
    day, zone = Cron("@daily"), UTC_ZONE
    yield (
        lambda: Plan(rule=day, zone=zone, start=LATER, end=NOW),
        "The end, 2026-03-07 12:00 (UTC), must come after the start, 2026-03-08 12:00 ",
    )
    yield (
        lambda: check_ahead(Plan(rule=Once(NOW), zone=zone), LATER),
        "2026-03-07 12:00 (UTC) is over: it is 2026-03-08 12:00 (UTC).",
    )
    yield (
        lambda: check_ahead(Plan(rule=day, zone=zone, end=NOW), LATER),
        "The schedule ended at 2026-03-07 12:00 (UTC): it is 2026-03-08 12:00 (UTC).",
    )
    yield (
        lambda: check_ahead(Plan(rule=Cron("@yearly"), zone=zone, end=LATER), NOW),
        "Nothing is planned between the start and the end of the schedule.",
    )


def test_wrong_plans_are_explained_in_the_zone_of_the_plan():
    for function, sentence in refused_plans():
        assert explain(refusal(function)).startswith(sentence)


def test_an_error_that_nobody_catches_names_its_code_and_facts():
    assert str(refusal(parse_every, -5)) == "interval_negative (value=-5)"


def test_long_and_unprintable_input_is_cut_in_sentences():
    sentence = explain(refusal(parse_zone, "\x1b[31m" + "x" * 5000))
    assert "\\x1b[31mxxx" in sentence
    assert len(sentence) < 250


def test_every_code_has_a_sentence_that_ends():
    assert all(sentence.endswith((".", "?")) for sentence in MESSAGES.values())
