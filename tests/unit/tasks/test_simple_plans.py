"""Plans as people say them, on their way into a rule and back."""

from __future__ import annotations

import pytest

from apps.tasks.timing import TimingError
from apps.tasks.timing.simple import Simple, Written, rule_of, simple_of

WEEK = frozenset(range(5))
AS_CRON = [
    (Simple(1, "minutes"), "* * * * *"),
    (Simple(15, "minutes"), "*/15 * * * *"),
    (Simple(15, "minutes", weekdays=WEEK), "*/15 * * * 1-5"),
    (Simple(1, "hours", minute=7), "7 * * * *"),
    (Simple(6, "hours"), "0 */6 * * *"),
    (Simple(1, "days", 2, 30), "30 2 * * *"),
    (Simple(1, "days", 7, 0, frozenset({0, 5, 6})), "0 7 * * 0,1,6"),
    (Simple(1, "days", 7, 0, frozenset({6})), "0 7 * * 0"),
]
AS_INTERVAL = [
    (Simple(1, "seconds"), 1),
    (Simple(90, "seconds"), 90),
    (Simple(7, "minutes"), 420),
    (Simple(60, "minutes"), 3600),
    (Simple(5, "hours"), 18000),
    (Simple(3, "days"), 3 * 86400),
]


@pytest.mark.parametrize(("said", "cron"), AS_CRON)
def test_what_divides_evenly_is_a_cron_expression(said, cron):
    assert rule_of(said) == Written(cron=cron)


@pytest.mark.parametrize(("said", "every_s"), AS_INTERVAL)
def test_the_rest_is_an_interval(said, every_s):
    assert rule_of(said) == Written(every_s=every_s)


@pytest.mark.parametrize(("said", "cron"), AS_CRON)
def test_an_expression_is_read_back(said, cron):
    assert simple_of(cron, None) == said


@pytest.mark.parametrize("every_s", [1, 59, 60, 90, 1800, 3600, 5400, 86400, 172800])
def test_an_interval_that_is_read_is_written_as_the_same(every_s):
    assert rule_of(simple_of("", every_s)) == Written(every_s=every_s)


@pytest.mark.parametrize(
    "cron", ["0 7 1 * *", "0 7 * 3 *", "5,6 * * * *", "*/7 * * * *", "0 7 * * 1#2", "x"]
)
def test_what_people_say_otherwise_is_left_to_cron(cron):
    assert simple_of(cron, None) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Simple(3, "days", weekdays=WEEK), "simple_weekdays"),
        (Simple(30, "seconds", weekdays=WEEK), "simple_weekdays"),
        (Simple(7, "minutes", weekdays=WEEK), "simple_weekdays"),
        (Simple(0, "minutes"), "interval_zero"),
        (Simple(-2, "days"), "interval_negative"),
        (Simple(9999, "days"), "interval_long"),
    ],
)
def test_what_no_rule_says_is_refused(said, code):
    with pytest.raises(TimingError) as found:
        rule_of(said)
    assert found.value.code == code
