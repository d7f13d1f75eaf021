"""What became of a planned fire, in a sentence for a person."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from apps.runs.models import Cause, Occurrence, Outcome

SENTENCES = {
    Cause.OVERLAP: gettext_noop("The run before was still active."),
    Cause.PAUSED: gettext_noop("It was paused."),
    Cause.FREEZE: gettext_noop("It fell into a freeze window."),
    Cause.DISABLED: gettext_noop("The schedule was disabled."),
    Cause.REFUSED: gettext_noop("The run was refused."),
    Cause.OUTAGE: gettext_noop("No cluster was there to start it in time."),
    Cause.TOO_LATE: gettext_noop("It could only have started too late."),
}


def occurrence_sentence(row: Occurrence) -> str:
    """Return why a fire did not start in time; empty for one that did."""
    if row.outcome == Outcome.STARTED:
        return ""
    if row.outcome == Outcome.LATE:
        return _("It started %(time)s late.") % {"time": seconds_text(row.late_s or 0)}
    if row.outcome == Outcome.WAITING:
        return _("It waits for the run before to end.")
    if row.cause == Cause.DISABLED:
        # What the ledger keeps is a code, not somebody's words.
        is_task = row.detail == "the task"
        return _("The task was disabled.") if is_task else _(SENTENCES[Cause.DISABLED])
    sentence = _(SENTENCES[Cause(row.cause)])
    if row.cause == Cause.REFUSED:
        # Its detail is a sentence itself.
        return _joined(sentence, row.detail)
    return with_reason(sentence, row.detail)


def with_reason(sentence: str, reason: str) -> str:
    """Add somebody's words to a sentence, if there are any."""
    if not reason:
        return sentence
    return _joined(sentence, _("Reason: %(reason)s") % {"reason": reason})


def _joined(first: str, second: str) -> str:
    """Two sentences; some languages have no space between them."""
    return _("%(first)s %(second)s") % {"first": first, "second": second}


def seconds_text(seconds: float) -> str:
    """Return a length of time in its greatest unit, rounded down."""
    whole = int(seconds)
    if whole < 120:
        return ngettext("%(n)d second", "%(n)d seconds", whole) % {"n": whole}
    if whole < 7200:
        minutes = whole // 60
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    hours = whole // 3600
    return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
