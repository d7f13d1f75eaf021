"""What the timing of schedules says to people: plans in words, and what is wrong."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from apps.scripts.problems import show, show_name
from apps.tasks.readings import every_minutes, read_cron
from apps.tasks.timing import Cron, Every, Once, Plan, TimingError

PARTS = {
    "minute": gettext_noop("minute"),
    "hour": gettext_noop("hour"),
    "day": gettext_noop("day of the month"),
    "month": gettext_noop("month"),
    "weekday": gettext_noop("day of the week"),
}
MESSAGES = {
    # Cron expressions.
    "cron_empty": gettext_noop(
        "Write a cron expression of five fields, such as 30 2 * * 1-5: minute, hour, day "
        "of the month, month, day of the week."
    ),
    "cron_too_long": gettext_noop(
        "The expression is too long; at most %(limit)s characters are taken. Split it "
        "into several schedules."
    ),
    "cron_fields": gettext_noop(
        "A cron expression has five fields (minute, hour, day of the month, month, day "
        "of the week), this one has %(count)s."
    ),
    "cron_six_fields": gettext_noop(
        "A cron expression has five fields and begins with the minute; this one has six. "
        "Leave out the seconds or the year; for a schedule in seconds, choose an "
        "interval."
    ),
    "cron_reboot": gettext_noop(
        "@reboot names no time, so it cannot be planned. Choose a time or an interval."
    ),
    "cron_nickname": gettext_noop(
        "%(value)s is not known; the names with @ are %(names)s."
    ),
    "cron_syntax": gettext_noop(
        "%(value)s cannot be read (%(part)s). A field holds *, numbers, ranges such as "
        "1-5, steps such as */15, or several of these with commas between them."
    ),
    "cron_name": gettext_noop(
        "%(value)s is not known (%(part)s); write a number or one of %(names)s."
    ),
    "cron_no_names": gettext_noop(
        "%(value)s is not known (%(part)s); this field takes numbers only."
    ),
    "cron_range": gettext_noop(
        "%(value)s is out of range (%(part)s); it goes from %(first)s to %(last)s."
    ),
    "cron_reversed": gettext_noop(
        "The range %(value)s ends before it begins (%(part)s). Write it as two with a "
        "comma between them, such as 22-23,0-2 for 22-2."
    ),
    "cron_step_zero": gettext_noop(
        "The step of %(value)s is 0 (%(part)s); the smallest is 1."
    ),
    "cron_step_range": gettext_noop(
        "The step of %(value)s is longer than the field (%(part)s), where it is at most "
        "%(last)s. A longer distance needs an interval in seconds."
    ),
    "cron_nth": gettext_noop(
        "%(value)s cannot be read: behind # stands which such day of the month is meant, "
        "1 to %(limit)s, as in MON#1."
    ),
    "cron_foreign": gettext_noop(
        "%(value)s is not known here (%(part)s); other schedulers have it. Write *, "
        "numbers, ranges or steps; L in the day of the month is its last day."
    ),
    "cron_impossible": gettext_noop(
        "No day ever matches: day of the month %(days)s, month %(months)s, day of the "
        "week %(weekdays)s. Choose days that these months have."
    ),
    # Intervals.
    "interval_number": gettext_noop(
        "An interval is a whole number of seconds, such as 300; got %(value)s."
    ),
    "interval_zero": gettext_noop("An interval is at least 1 second, not 0."),
    "interval_negative": gettext_noop(
        "An interval is at least 1 second, got %(value)s."
    ),
    "interval_often": gettext_noop(
        "That would be more than one run a second; an interval is at least 1 second, got "
        "%(value)s."
    ),
    "interval_fraction": gettext_noop(
        "An interval is a whole number of seconds, got %(value)s."
    ),
    "interval_long": gettext_noop(
        "An interval is at most %(limit)s seconds (ten years), got %(value)s. Choose a "
        "date, or a cron expression."
    ),
    # Plans that are put together of a number, a unit, a time and weekdays.
    "simple_number": gettext_noop("Write a whole number, such as 15; got %(value)s."),
    "simple_time": gettext_noop(
        "%(value)s is not a time of the day. Write it as 07:30."
    ),
    "simple_weekdays": gettext_noop(
        "Days of the week go with each day, or with hours and minutes that divide a day "
        "or an hour evenly, such as 6 hours or 15 minutes. Choose all days or none, or "
        "another number."
    ),
    "simple_start": gettext_noop(
        "Several days are counted from the start, which is at %(start)s. Give the same "
        "time here, or another start."
    ),
    # Times and zones.
    "zone_unknown": gettext_noop(
        "There is no time zone %(value)s. Write its name as in Asia/Shanghai, Europe/"
        "London or UTC."
    ),
    "zone_similar": gettext_noop(
        "There is no time zone %(value)s; did you mean %(similar)s?"
    ),
    "moment_unreadable": gettext_noop(
        "%(value)s is not a date and time. Write it as 2026-03-08T02:30, which is in "
        "the time zone %(zone)s, or with an offset: 2026-03-08T07:30:00Z."
    ),
    "moment_empty": gettext_noop("Write a date and time, such as 2026-03-08 02:30."),
    "moment_range": gettext_noop(
        "%(value)s is out of range; dates go from 1970 to 2999."
    ),
    "end_before_start": gettext_noop(
        "The end, %(end)s, must come after the start, %(start)s. Choose a later end or "
        "none."
    ),
    # Jitter.
    "jitter_number": gettext_noop(
        "The jitter is a number of seconds, such as 30; got %(value)s."
    ),
    "jitter_negative": gettext_noop("The jitter is 0 seconds or more, got %(value)s."),
    "jitter_long": gettext_noop(
        "The jitter is at most %(limit)s seconds (24 hours), got %(value)s."
    ),
    "jitter_interval": gettext_noop(
        "The jitter of %(value)s seconds is longer than the time from one run to the "
        "next, %(interval)s seconds. Choose a shorter one."
    ),
    # Nothing to come.
    "once_past": gettext_noop(
        "%(at)s is over: it is %(now)s. Choose a later time, or run the task by hand."
    ),
    "end_past": gettext_noop(
        "The schedule ended at %(end)s: it is %(now)s. Choose a later end or none."
    ),
    "nothing_left": gettext_noop(
        "Nothing is planned between the start and the end of the schedule. Choose a "
        "longer time or another rule."
    ),
}


def explain(error: TimingError) -> str:
    """Return what is wrong and the way out, in the active language."""
    facts = {name: _show(value) for name, value in error.facts.items()}
    if part := error.facts.get("part"):
        facts["part"] = _(PARTS[str(part)])
    code = error.code
    if code == "zone_unknown" and error.facts["similar"]:
        code = "zone_similar"
    return _(MESSAGES[code]) % facts


def words(plan: Plan) -> str:
    """Return when a plan fires, in the active language.

    Such as "At 02:30 on Monday to Friday" or "Once, on 2026-03-08 03:00 (UTC)". Start,
    end and the zone of a cron expression are not in it: they stand beside it.
    """
    if isinstance(plan.rule, Cron):
        return _cron_words(plan.rule, get_language())
    if isinstance(plan.rule, Every):
        often = _interval(plan.rule.seconds)
        anchor = show_moment(plan.rule.anchor.astimezone(plan.zone))
        facts = {"often": often, "moment": anchor}
        return _("%(often)s, counted from %(moment)s") % facts
    assert isinstance(plan.rule, Once)
    at = show_moment(plan.rule.at.astimezone(plan.zone))
    return _("Once, on %(moment)s") % {"moment": at}


@lru_cache(maxsize=4096)
def _cron_words(rule: Cron, language: str | None) -> str:
    """Kept, for a page of schedules says it of each, and most of them alike."""
    return read_cron(rule.pattern)


def show_moment(local: datetime) -> str:
    """Return a moment as people write it, with its zone.

    The offset from UTC is added where the zone's clock shows that time twice.
    """
    text = f"{local:%Y-%m-%d %H:%M}"
    if local.second:
        text += f":{local:%S}"
    if local.utcoffset() != local.replace(fold=not local.fold).utcoffset():
        text += f" {local.isoformat()[-6:]}"
    zone = local.tzinfo.key if isinstance(local.tzinfo, ZoneInfo) else local.tzname()
    return f"{text} ({zone})"


def _interval(seconds: int) -> str:
    """Return an interval in its greatest whole unit, up to hours.

    Days are left out: a day of the calendar may have 23 or 25 hours.
    """
    if seconds == 1:
        return _("Every second")
    if seconds % 60:
        return _("Every %(count)s seconds") % {"count": seconds}
    if seconds % 3600:
        return every_minutes(seconds // 60)
    if seconds == 3600:
        return _("Every hour")
    return _("Every %(count)s hours") % {"count": seconds // 3600}


def _show(value: object) -> str:
    if isinstance(value, datetime):
        return show_moment(value)
    return show_name(value) if isinstance(value, str) else show(value)
