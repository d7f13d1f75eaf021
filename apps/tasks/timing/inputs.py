"""What people and programs write, made into the parts of a plan.

Each function raises TimingError for what it cannot take, with the field it was for.
"""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from apps.tasks.timing.errors import TimingError
from apps.tasks.timing.rules import (
    Cron,
    Rule,
    check_interval,
    clean_moment,
    is_number,
)
from apps.tasks.timing.zones import DAY_S, at_local

MAX_JITTER_S = DAY_S
# Files beside the zones: what this host's own zone is, and that nobody said so.
NO_ZONES = {"localtime", "Factory", "posixrules"}


def parse_cron(text: str) -> Cron:
    """Return the rule of a cron expression; codes `cron_…`."""
    return Cron(text)


def parse_every(value: object) -> int:
    """Return whole seconds, 1 to MAX_INTERVAL_S, from a number or the text of one.

    Codes `interval_…`.
    """
    if isinstance(value, str):
        # Not int(): 1.5 is a number too, and is refused for a reason of its own.
        return check_interval(_number(value))
    return check_interval(value)


def parse_zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as Asia/Shanghai; code `zone_unknown`.

    Its fact `similar` is the name that was probably meant, or "".
    """
    # Names come from the list alone: ZoneInfo would open any path below its folders.
    if name in zone_names():
        return ZoneInfo(name)
    facts = {"value": name, "similar": _similar_zone(name)}
    raise TimingError("zone_unknown", field="timezone", **facts)


def parse_moment(text: str, zone: ZoneInfo, *, field: str) -> datetime:
    """Return the moment of an ISO 8601 date and time, in UTC and on a whole second.

    One without an offset is local time in `zone`; a date alone is its first moment.
    Codes `moment_unreadable` and `moment_range`.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        facts = {"value": text, "zone": zone.key}
        raise TimingError("moment_unreadable", field=field, **facts) from None
    try:
        if found.utcoffset() is None:
            found = at_local(found.replace(microsecond=0), zone)
        return clean_moment(found, field=field)
    except (OverflowError, TimingError):
        raise TimingError("moment_range", field=field, value=text) from None


def check_jitter(seconds: object, rule: Rule) -> float:
    """Return `seconds` if fires of `rule` may be put off by up to that much.

    Codes `jitter_number`, `jitter_negative`, `jitter_long` (more than MAX_JITTER_S) and
    `jitter_interval` (more than from one fire to the next).
    """
    if not is_number(seconds):
        raise _bad_jitter("jitter_number", seconds)
    if seconds > MAX_JITTER_S:
        raise _bad_jitter("jitter_long", seconds, limit=MAX_JITTER_S)
    if seconds < 0:
        raise _bad_jitter("jitter_negative", seconds)
    interval = rule.shortest_gap_s()
    if interval is not None and seconds > interval:
        raise _bad_jitter("jitter_interval", seconds, interval=interval)
    return float(seconds)


def _number(text: str) -> float | str:
    """Return the number that `text` is, or `text` itself."""
    try:
        return float(text)
    except ValueError:
        return text


def _bad_jitter(code: str, value: object, **facts: object) -> TimingError:
    return TimingError(code, field="jitter_s", value=value, **facts)


def _similar_zone(name: str) -> str:
    wanted = name.strip().replace(" ", "_").lower()[:64]
    by_lower = {known.lower(): known for known in sorted(zone_names())}
    # The city alone is how most people know a zone.
    by_city = {lower.rpartition("/")[2]: lower for lower in by_lower}
    for names in (by_lower, by_city):
        if found := get_close_matches(wanted, names, n=1, cutoff=0.8):
            return by_lower[by_city.get(found[0], found[0])]
    return ""


@cache
def zone_names() -> frozenset[str]:
    """Return the names there are; looked up once, for that walks through folders."""
    return frozenset(available_timezones()) - NO_ZONES
