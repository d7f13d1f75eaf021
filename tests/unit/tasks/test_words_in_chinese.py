"""Plans in words, and what is wrong with them, in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from apps.tasks.sentences import explain, words
from apps.tasks.timing import Cron, Every, Once, Plan, TimingError
from tests.unit.tasks.walk import utc

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def _chinese(_english) -> Iterator[None]:
    with translation.override("zh-hans"):
        yield


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@daily", "每天 00:00"),
        ("0 9,17 * * *", "每天 09:00、17:00"),
        ("30 2 * * 1-5", "星期一至星期五，02:30"),
        ("@hourly", "每小时整点"),
        ("5/15 * * * *", "每小时的 5、20、35、50 分"),
        ("1-59/2 * * * *", "每小时的 1 至 59 (步长 2) 分"),
        ("0 9-17 * * 1-5", "星期一至星期五，09:00 至 17:00，每小时一次"),
        ("15 */2 * * *", "每天 00:15 至 22:15，每 2 小时一次"),
        ("0-10,30 9,12 * * *", "每天 9、12 点的 0至10、30 分"),
        ("* * * * *", "每分钟一次"),
        ("*/15 9-17 * * *", "09:00 至 17:59，每 15 分钟一次"),
        ("*/20 1,3,5,7 * * *", "1、3、5、7 点，每 20 分钟一次"),
        ("0 0 * * MON#1", "每月的第一个星期一，00:00"),
        ("0 0 * * 7L", "每月的最后一个星期日，00:00"),
        ("@yearly", "一月的 1 日，00:00"),
        ("0 0 1,15 1-3 *", "一月至三月的 1、15 日，00:00"),
        ("0 0 LW * *", "每月的最后一个工作日（星期一至星期五），00:00"),
        ("30 2 * 1 *", "一月，每天 02:30"),
        ("*/5 * * 6-8 *", "六月至八月，每 5 分钟一次"),
        ("0 0 13 * 5", "每月的 13 日，以及星期五，00:00"),
        ("0 0 13 6 5", "六月，每月的 13 日，以及星期五，00:00"),
        ("0 0 */2 * MON", "每月的 1 至 31 (步长 2) 日，且须为星期一，00:00"),
    ],
)
def test_cron_in_words(expression, expected):
    assert words(Plan(rule=Cron(expression), zone=SHANGHAI)) == expected


def test_intervals_and_dates_in_words():
    moment, shown = utc("2026-03-07T04:00"), "2026-03-07 12:00 (Asia/Shanghai)"
    every = Plan(rule=Every(300, moment), zone=SHANGHAI)
    assert words(every) == f"每 5 分钟一次，从 {shown} 起算"
    assert words(Plan(rule=Once(moment), zone=SHANGHAI)) == f"仅一次：{shown}"


def test_a_refusal_names_the_field():
    with pytest.raises(TimingError) as caught:
        Cron("0 24 * * *")
    assert explain(caught.value) == "24 超出范围（小时），取值为 0 到 23。"
