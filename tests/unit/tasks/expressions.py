"""Cron expressions and stretches of time, made up by hypothesis."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.unit.tasks.walk import MONTHS, WEEKDAYS, utc

# The same cases each time: what fails here fails again.
DETERMINISTIC = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

# A day each on which a clock was put forward or back, or nothing happened.
DAYS = [
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("America/New_York", "2006-04-02"),
    ("Europe/London", "2026-03-29"),
    ("Europe/London", "2026-10-25"),
    ("Europe/London", "1971-10-31"),
    # Daylight saving is the standard time there, and winter is put back.
    ("Europe/Dublin", "2026-03-29"),
    ("Europe/Dublin", "2026-10-25"),
    # At midnight, and away from it.
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Cairo", "2026-10-29"),
    ("Africa/Cairo", "2010-08-11"),
    ("Africa/Cairo", "2014-05-16"),
    # Half an hour.
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("America/Sao_Paulo", "1985-11-02"),
    # A day was left out.
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Apia", "2012-04-01"),
    ("Pacific/Apia", "2020-09-27"),
    ("Pacific/Kwajalein", "1993-08-21"),
    ("Asia/Shanghai", "1990-04-15"),
    ("Asia/Shanghai", "1990-09-16"),
    ("Asia/Shanghai", "2026-06-01"),
    # Three hours at once, and a minute past the hour.
    ("Antarctica/Casey", "2020-03-08"),
    ("Antarctica/Casey", "2020-10-04"),
    ("America/St_Johns", "2006-10-29"),
    ("UTC", "2026-02-28"),
]
BEFORE = timedelta(days=1, hours=12)
# To noon of the day after.
WALK_MINUTES = 3 * 24 * 60


@st.composite
def places(draw: st.DrawFn):
    """A zone and when to begin to walk there, shortly before something happens."""
    name, day = draw(st.sampled_from(DAYS))
    return ZoneInfo(name), utc(day) - BEFORE


def _values(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(str)


@st.composite
def _terms(draw: st.DrawFn, low: int, high: int, names: str = "") -> str:
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, high))
    words = dict(enumerate(names.split(), start=low))
    shown = words.get(first, str(first)) if draw(st.booleans()) else str(first)
    choices = [shown, shown, f"{shown}-{last}", f"*/{step}", f"{first}/{step}"]
    # A range of one number with a step is read as that number, in a test of its own.
    choices += [f"{first}-{last}/{step}"] if last > first else []
    return draw(st.sampled_from(choices))


def _fields(low: int, high: int, names: str = "") -> st.SearchStrategy[str]:
    terms = st.lists(_terms(low, high, names), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), _values(low, high), terms)


MINUTES = st.one_of(st.sampled_from(["0", "30", "*", "*/15", "0-59"]), _fields(0, 59))
# Most shifts come in the small hours.
HOURS = st.one_of(st.sampled_from(["*", "0-4", "*/2"]), _values(0, 4), _fields(0, 23))
DATES = st.one_of(st.just("*"), st.just("*"), st.just("L,LW,1"), _fields(1, 31))
MONTH_FIELDS = st.one_of(st.just("*"), st.just("*"), _fields(1, 12, MONTHS))
DAYS_OF_WEEK = st.one_of(
    st.just("*"),
    st.just("*"),
    st.sampled_from(["5L", "sun#1,mon#2", "7", "6-7", "sat,7L", "Mon-FRI"]),
    _fields(0, 7, WEEKDAYS),
)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    """A cron expression of five fields; its days may not exist."""
    fields = (MINUTES, HOURS, DATES, MONTH_FIELDS, DAYS_OF_WEEK)
    return " ".join(draw(field) for field in fields)
