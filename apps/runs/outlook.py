"""What stands ahead of schedules and what became of their last fire, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from apps.runs.ledger_sentences import with_reason
from apps.runs.models import Cause, Occurrence
from apps.runs.services.holds import Held, Holds, holds_of_each
from apps.tasks.models import Schedule
from apps.tasks.sentences import explain, show_moment, words
from apps.tasks.services import schedule_problems
from apps.tasks.timing import Plan, TimingError, next_fire

ON = "on"
OVER = "over"
WRONG = "wrong"


@dataclass(frozen=True)
class Outlook:
    """What there is to say about a schedule now.

    `state` is `on`, `paused`, `freeze`, `disabled`, `over` (nothing to come) or `wrong`
    (it cannot be reckoned, or its script refuses its parameters); `sentence` says so to
    a person. `next_fire` is the next one that nothing holds back, in the schedule's
    zone, and null where there is none before somebody changes something. `problems` say
    why its runs would be refused.
    """

    words: str
    state: str
    sentence: str
    next_fire: datetime | None
    last: Occurrence | None
    problems: Sequence[str] = ()

    @property
    def next_text(self) -> str:
        return show_moment(self.next_fire) if self.next_fire else "-"


def outlooks(schedules: Sequence[Schedule], now: datetime) -> dict[int, Outlook]:
    """Return the outlook of each schedule by its id, with a handful of queries.

    Each has to come with its task and script; `now` is the database's time.
    """
    holds = holds_of_each(schedules, now)
    last = _last_rows([schedule.pk for schedule in schedules])
    return {
        schedule.pk: _outlook(schedule, holds[schedule.pk], last.get(schedule.pk), now)
        for schedule in schedules
    }


def _outlook(
    schedule: Schedule, holds: Holds, last: Occurrence | None, now: datetime
) -> Outlook:
    problems = schedule_problems(schedule=schedule)
    try:
        plan = schedule.plan
    except TimingError as exc:
        # A zone that this host does not know any more, say.
        return Outlook(schedule.cron, WRONG, explain(exc), None, last, problems)
    upcoming = _next_free(plan, holds, now)
    state, sentence = _held_state(holds, plan, now)
    if state == ON and problems:
        state, sentence = WRONG, problems[0]
    elif state == ON and upcoming is None and next_fire(plan, now) is None:
        state, sentence = OVER, _("Nothing is to come.")
    local = upcoming.astimezone(plan.zone) if upcoming else None
    return Outlook(words(plan), state, sentence, local, last, problems)


def _held_state(holds: Holds, plan: Plan, now: datetime) -> tuple[str, str]:
    held = holds.at(now)
    if held is None:
        return ON, ""
    end = holds.end_of(now)
    return held.cause, held_sentence(held, end and end.astimezone(plan.zone))


def held_sentence(held: Held, end: datetime | None) -> str:
    """Return what holds a schedule back now, until when, and somebody's reason."""
    if held.cause == Cause.DISABLED:
        if held.detail == "the task":
            return _("Its task is disabled.")
        return _("It is disabled.")
    until = {"end": show_moment(end)} if end else {}
    if held.cause == Cause.FREEZE:
        sentence = _("In a freeze window until %(end)s.") % until
    elif end:
        sentence = _("Paused until %(end)s.") % until
    else:
        sentence = _("Paused until somebody resumes it.")
    return with_reason(sentence, held.detail)


def _next_free(plan: Plan, holds: Holds, now: datetime) -> datetime | None:
    """Return the next fire that nothing known today holds back."""
    moment = now
    while (planned := next_fire(plan, moment)) and holds.at(planned):
        end = holds.end_of(planned)
        if end is None:
            return None
        # A fire at the very end is free again.
        moment = end - timedelta(microseconds=1)
    return planned


def _last_rows(keys: Sequence[int]) -> dict[int, Occurrence]:
    rows = Occurrence.objects.filter(schedule_key=OuterRef("pk"))
    newest = Subquery(rows.order_by("-scheduled_for").values("pk")[:1])
    found = Schedule.objects.filter(pk__in=keys).order_by().annotate(newest=newest)
    numbers = dict(found.values_list("pk", "newest"))
    last = Occurrence.objects.in_bulk([pk for pk in numbers.values() if pk])
    return {key: last[pk] for key, pk in numbers.items() if pk in last}
