"""When a schedule fires: pure computation, without Django and without a database.

A `Plan` is a rule (`Cron`, `Every` or `Once`) in a time zone, between a start and an
end. Each of them checks itself when it is made and raises TimingError, so a plan that
exists can be asked anything. Fires are aware datetimes in UTC, on whole seconds, from
1970 to 2999.

Daylight saving goes by Debian cron's rule. A cron expression whose minute and hour
fields both begin with something else than `*` names times of the day: one that a day
does not have fires at the first valid moment after the gap, once, however many times
fell into it; one that a day has twice fires at the first. All other expressions follow
elapsed time: they fire at every moment whose local time matches, so not at all in a gap
and twice in an hour that comes twice.
"""

from __future__ import annotations

from apps.tasks.timing.errors import TimingError
from apps.tasks.timing.inputs import (
    MAX_JITTER_S,
    check_jitter,
    parse_cron,
    parse_every,
    parse_moment,
    parse_zone,
    zone_names,
)
from apps.tasks.timing.pattern import LAST_DAY, LAST_WEEKDAY, Pattern
from apps.tasks.timing.plans import (
    DST_FOLD,
    DST_GAP,
    Plan,
    check_ahead,
    count_fires,
    fires,
    follows_clock_changes,
    jitter_s,
    last_fires,
    marks,
    next_fire,
)
from apps.tasks.timing.rules import MAX_INTERVAL_S, Cron, Every, Once, Rule
from apps.tasks.timing.zones import at_local

__all__ = [
    "DST_FOLD",
    "DST_GAP",
    "LAST_DAY",
    "LAST_WEEKDAY",
    "MAX_INTERVAL_S",
    "MAX_JITTER_S",
    "Cron",
    "Every",
    "Once",
    "Pattern",
    "Plan",
    "Rule",
    "TimingError",
    "at_local",
    "check_ahead",
    "check_jitter",
    "count_fires",
    "fires",
    "follows_clock_changes",
    "jitter_s",
    "last_fires",
    "marks",
    "next_fire",
    "parse_cron",
    "parse_every",
    "parse_moment",
    "parse_zone",
    "zone_names",
]
