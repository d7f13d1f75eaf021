"""From when to when a ledger is read, as people write it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.runs.services import database_now
from apps.tasks.sentences import explain, show_moment
from apps.tasks.timing import TimingError, parse_moment

USUAL = timedelta(days=7)
LAST_DAY = date(2999, 12, 31)


class Period(NamedTuple):
    """From `since`, inclusive, to `until`, exclusive."""

    since: datetime
    until: datetime


def read_period(since: str, until: str, zone: ZoneInfo) -> Period:
    """Return the time between two texts, each a date or a date and time in `zone`.

    A date alone means the whole of that day, also as the end. Empty: up to now, by the
    database's clock, and the week before. Raises InvalidInput with the fields `from`
    and `to`.
    """
    problems: dict[str, list[str]] = {}
    with _telling(problems):
        begin = _read(since, zone, "from") if since.strip() else None
    with _telling(problems):
        end = _read(until, zone, "to") if until.strip() else database_now()
    for lines in problems.values():
        raise InvalidInput(lines[0], fields=problems)
    begin = begin or end - USUAL
    if end <= begin:
        facts = {
            "from": show_moment(begin.astimezone(zone)),
            "to": show_moment(end.astimezone(zone)),
        }
        sentence = _("It ends (%(to)s) before it begins (%(from)s).") % facts
        raise InvalidInput(sentence, fields={"to": [sentence]})
    return Period(begin, end)


@contextmanager
def _telling(problems: dict[str, list[str]]) -> Iterator[None]:
    try:
        yield
    except TimingError as exc:
        problems[exc.field] = [explain(exc)]


def _read(text: str, zone: ZoneInfo, field: str) -> datetime:
    moment = parse_moment(text, zone, field=field)
    day = _day(text) if field == "to" else None
    if day is None:
        return moment
    if day == LAST_DAY:
        # The day after it is out of range.
        return parse_moment(f"{day}T23:59:59", zone, field=field) + timedelta(seconds=1)
    return parse_moment(str(day + timedelta(days=1)), zone, field=field)


def _day(text: str) -> date | None:
    """Return the day that the text is; None if it is something else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
