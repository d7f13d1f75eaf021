"""The page of the ledger of all tasks: what was missed anywhere, and how much ran."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.errors import InvalidInput
from apps.runs.admin.ledger import Asked, cells, summary
from apps.runs.services.whole_ledger import read_whole_ledger
from apps.tasks.models import Task
from apps.tasks.moments import hub_zone

# A longer time is typed: every fire of it is counted.
OFFERED = ("24h", "7d", "30d")
MOST_TASKS = 200


def whole_ledger_context(request: HttpRequest, tasks: QuerySet[Task]) -> dict[str, Any]:
    """Return what the page shows of `tasks` for the period that was asked for."""
    zone = hub_zone()
    asked = Asked.of(request, OFFERED)
    context = {
        "since_text": asked.since,
        "until_text": asked.until,
        "zone": zone.key,
        "outcome": asked.outcome,
        "period": asked.period,
        "periods": asked.period_links(OFFERED),
        "outcomes": asked.outcome_links(),
    }
    try:
        period = asked.read(zone)
    except InvalidInput as exc:
        return context | {"problems": exc.fields}
    ledger = read_whole_ledger(
        tasks=tasks, since=period.since, until=period.until, outcome=asked.outcome
    )
    time = {"period": asked.period, "from": asked.since, "to": asked.until}
    return context | {
        **summary(period, ledger),
        "by_task": [
            (task, cells(tally)) for task, tally in ledger.by_task[:MOST_TASKS]
        ],
        "more_tasks": max(len(ledger.by_task) - MOST_TASKS, 0),
        "time": urlencode({name: value for name, value in time.items() if value}),
    }
