"""Why a run ended, or why it waits, as a person would say it."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.runs.models import Reason, RunStatus
from apps.runs.waits import Jam, Waits

MESSAGE_COLUMNS = ("status", "reason", "detail", "exit_code", "signal", "timeout_s")


def signal_name(number: int | None) -> str:
    """Return "9 (SIGKILL)" for 9."""
    try:
        return f"{number} ({signal.Signals(number or 0).name})"
    except ValueError:
        return str(number)


def message(row: Mapping[str, Any]) -> str:
    """Return the sentence for a final run; "" while it is active.

    It depends on MESSAGE_COLUMNS of the row, and on nothing else.
    """
    reason = row["reason"]
    if not reason:
        return ""
    if reason == Reason.EXIT:
        return _exit_message(row)
    if reason == Reason.SIGNAL:
        return _signal_message(row["signal"])
    sentence = _SENTENCES[reason]() % {"timeout": f"{row['timeout_s']:g}"}
    if not row["detail"]:
        return sentence
    about = {"sentence": sentence.rstrip(".。"), "detail": row["detail"]}
    return _("%(sentence)s: %(detail)s") % about


def _exit_message(row: Mapping[str, Any]) -> str:
    if row["status"] == RunStatus.COMPLETED:
        return _("The script finished.")
    return _("The script ended with exit code %(code)s.") % {"code": row["exit_code"]}


def _signal_message(number: int | None) -> str:
    about = {"signal": signal_name(number)}
    if number == signal.SIGKILL:
        return _("The script was killed by signal %(signal)s, maybe out of memory.") % (
            about
        )
    return _("The script was ended by signal %(signal)s.") % about


# Functions, so that each sentence is translated when it is read.
_SENTENCES = {
    Reason.TIMEOUT: lambda: _(
        "The script ran longer than %(timeout)s s and was ended."
    ),
    Reason.LOST: lambda: _(
        "The worker was lost while the script ran; how far it got is not known."
    ),
    Reason.SHUTDOWN: lambda: _("The worker was told to stop, and ended the script."),
    Reason.SPAWN: lambda: _("The script could not be started."),
    Reason.BUILD: lambda: _("The script's environment could not be built."),
    Reason.REJECTED: lambda: _("The script was refused when its turn came."),
    Reason.EXPIRED: lambda: _("The run waited too long and was not started."),
    Reason.REPLACED: lambda: _("A newer run took this one's place."),
    Reason.USER: lambda: _("Cancelled on request."),
    Reason.OUTPUT: lambda: _("The script printed more than its hard limit."),
}


def waiting(row: Mapping[str, Any], waits: Waits) -> str | None:
    """Return why a queued run has not begun; None when it is not queued.

    What needs somebody to do something comes before what passes by itself.
    """
    if row["status"] != RunStatus.QUEUED:
        return None
    if row["not_before"] is not None and row["not_before"] > waits.now:
        return _("Not before %(moment)s.") % {"moment": _moment(row["not_before"])}
    about: dict[str, Any] = {"queue": row["queue"]}
    service = waits.service_of(row)
    if not service.alive:
        return _nobody_serves(about, service.seen_at)
    if not service.takes_runs:
        return _nobody_takes(about, service.problem)
    if jam := waits.jam_of(row):
        return _jammed(jam)
    return _("For a free slot in the queue %(queue)s.") % about


def _nobody_serves(about: dict[str, Any], seen_at: datetime | None) -> str:
    if seen_at is None:
        return (
            _(
                "No worker serves the queue %(queue)s; start one with: "
                "manage.py qcluster."
            )
            % about
        )
    return _(
        "No worker has served the queue %(queue)s since %(moment)s; start one with: "
        "manage.py qcluster."
    ) % {**about, "moment": _moment(seen_at)}


def _nobody_takes(about: dict[str, Any], problem: str) -> str:
    if problem:
        return _(
            "No worker of the queue %(queue)s starts new runs now. %(problem)s"
        ) % {**about, "problem": problem}
    return (
        _("The workers of the queue %(queue)s are stopping and take no new runs.")
        % about
    )


def _jammed(jam: Jam) -> str:
    about = {
        "name": jam.name,
        "going": jam.going,
        "limit": jam.limit,
        "run": jam.oldest,
    }
    if jam.is_group:
        return (
            _(
                "The group %(name)s is full: %(going)s of %(limit)s running, the oldest "
                "being run %(run)s."
            )
            % about
        )
    return (
        _(
            "%(name)s is at its limit: %(going)s of %(limit)s running, the oldest being "
            "run %(run)s."
        )
        % about
    )


def _moment(moment: datetime) -> str:
    return date_format(localtime(moment), "Y-m-d H:i:s T")
