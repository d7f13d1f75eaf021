"""From when to when a ledger is read, as people write it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.tasks.sentences import explain, show_moment
from apps.tasks.timing import TimingError, parse_moment

USUAL = timedelta(days=7)


class Period(NamedTuple):
    """From `since`, inclusive, to `until`, exclusive."""

    since: datetime
    until: datetime


def read_period(since: str, until: str, zone: ZoneInfo) -> Period:
    """Return the time between two texts, each a date or a date and time in `zone`.

    A date alone means the whole of that day, also as the end. Empty: up to now, and
    the week before. Raises InvalidInput with the fields `from` and `to`.
    """
    end = _read(until, zone, "to") if until.strip() else timezone.now()
    begin = _read(since, zone, "from") if since.strip() else end - USUAL
    if end <= begin:
        facts = {
            "from": show_moment(begin.astimezone(zone)),
            "to": show_moment(end.astimezone(zone)),
        }
        sentence = _("It ends (%(to)s) before it begins (%(from)s).") % facts
        raise InvalidInput(sentence, fields={"to": [sentence]})
    return Period(begin, end)


def _read(text: str, zone: ZoneInfo, field: str) -> datetime:
    day = _day(text) if field == "to" else None
    if day is not None and day < date.max:
        text = str(day + timedelta(days=1))
    try:
        return parse_moment(text, zone, field=field)
    except TimingError as exc:
        sentence = explain(exc)
        raise InvalidInput(sentence, fields={field: [sentence]}) from None


def _day(text: str) -> date | None:
    """Return the day that the text is; None if it is something else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
