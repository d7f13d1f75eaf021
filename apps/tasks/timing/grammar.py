"""The text of a cron expression: five fields, or one of the names that begin with @.

Each field is checked term by term, because cronsim, which reads the expression in the
end, says only which field is bad.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from apps.tasks.timing.errors import TimingError

# As many as the column of a schedule holds.
MAX_CHARACTERS = 200
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# fmt: off
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN",
          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# fmt: on
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
MAX_NTH = 5

# What other schedulers write and cronsim does not read: no particular day, the nearest
# weekday, days before the last, a value chosen by hash or at random.
FOREIGN = re.compile(r"\?|\d+W|L-\d+|[HR](\(.*\))?|.*~.*")
LAST_DAYS = ("L", "LW")
LAST_WEEKDAY_OF_MONTH = re.compile(r"(\d+)L")


@dataclass(frozen=True)
class _Part:
    """One of the five fields: what it is called in facts and what it may hold."""

    name: str
    first: int
    last: int
    names: Mapping[str, int]


PARTS = (
    _Part("minute", 0, 59, {}),
    _Part("hour", 0, 23, {}),
    _Part("day", 1, 31, {}),
    _Part("month", 1, 12, {name: n for n, name in enumerate(MONTHS, start=1)}),
    _Part("weekday", 0, 7, {name: n for n, name in enumerate(WEEKDAYS)}),
)


def read_fields(expression: str) -> tuple[str, ...]:
    """Return the five fields of `expression` in upper case, names with @ written out.

    Raises TimingError with a code that begins with `cron_`.
    """
    words = expression.split()
    if not words:
        raise _error("cron_empty")
    if len(expression) > MAX_CHARACTERS:
        raise _error("cron_too_long", limit=MAX_CHARACTERS)
    if words[0].startswith("@"):
        return _read_nickname(" ".join(words))
    if len(words) != len(PARTS):
        code = "cron_six_fields" if len(words) == 6 else "cron_fields"
        raise _error(code, count=len(words))
    pairs = zip(PARTS, words, strict=True)
    return tuple(_read_field(part, text) for part, text in pairs)


def _read_nickname(text: str) -> tuple[str, ...]:
    if text.lower() == "@reboot":
        raise _error("cron_reboot")
    if text.lower() not in NICKNAMES:
        raise _error("cron_nickname", value=text, names=", ".join(NICKNAMES))
    return tuple(NICKNAMES[text.lower()].split())


def _read_field(part: _Part, text: str) -> str:
    # Not ASCII are letters that become others in upper case, and digits of other scripts.
    terms = text.upper().split(",")
    if not text.isascii() or not all(terms):
        raise _error("cron_syntax", part=part.name, value=text)
    return ",".join(_read_term(part, term) for term in terms)


def _read_term(part: _Part, term: str) -> str:
    if _is_special(part, term):
        return term
    if FOREIGN.fullmatch(term.partition("/")[0]):
        raise _error("cron_foreign", part=part.name, value=term)
    base, slash, step = term.partition("/")
    if slash:
        _check_step(part, term, step)
    if base == "*":
        return term
    first, dash, last = base.partition("-")
    low = _value(part, first, term)
    high = _value(part, last, term) if dash else part.last
    if high < low:
        raise _error("cron_reversed", part=part.name, value=base)
    # cronsim would take 5-5/2 for 5/2, which goes on to the end of the field.
    return first if high == low else term


def _is_special(part: _Part, term: str) -> bool:
    """Tell whether `term` is the last day, the last weekday or the nth of a month."""
    if part.name == "day":
        return term in LAST_DAYS
    if part.name != "weekday":
        return False
    weekday, hash_sign, nth = term.partition("#")
    if hash_sign:
        _value(part, weekday, term)
        if not nth.isdigit() or not 1 <= int(nth) <= MAX_NTH:
            raise _error("cron_nth", value=term, limit=MAX_NTH)
        return True
    if last := LAST_WEEKDAY_OF_MONTH.fullmatch(term):
        _value(part, last[1], term)
        return True
    return False


def _check_step(part: _Part, term: str, step: str) -> None:
    if not step.isdigit():
        raise _error("cron_syntax", part=part.name, value=term)
    if int(step) == 0:
        raise _error("cron_step_zero", part=part.name, value=term)
    # cronsim takes it for "only the first value": */90 would mean once an hour.
    if int(step) > part.last:
        raise _error("cron_step_range", part=part.name, value=term, last=part.last)


def _value(part: _Part, text: str, term: str) -> int:
    if text in part.names:
        return part.names[text]
    if text.isalpha() and text not in LAST_DAYS:
        names = ", ".join(part.names)
        code = "cron_name" if names else "cron_no_names"
        raise _error(code, part=part.name, value=text, names=names)
    if not text.isdigit():
        raise _error("cron_syntax", part=part.name, value=term)
    if not part.first <= int(text) <= part.last:
        limits = {"first": part.first, "last": part.last}
        raise _error("cron_range", part=part.name, value=text, **limits)
    return int(text)


def _error(code: str, **facts: object) -> TimingError:
    return TimingError(code, field="cron", **facts)
