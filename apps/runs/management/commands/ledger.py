from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.core.commands import HubCommand
from apps.core.errors import InvalidInput
from apps.core.text import columns
from apps.runs import services
from apps.runs.ledger_sentences import occurrence_sentence
from apps.runs.management.choosing import find_task
from apps.runs.models import Occurrence, Outcome
from apps.runs.periods import read_period
from apps.tasks.moments import hub_zone
from apps.tasks.sentences import show_moment


class Command(HubCommand):
    help = (
        "Say what became of the planned fires of a task: expected, started, late, "
        "skipped, missed, and each exception on a line of its own."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("task", help="its name, or its id")
        parser.add_argument(
            "--from",
            dest="since",
            default="",
            metavar="TIME",
            help="a day, or a date and time, in the hub's zone (default: a week back)",
        )
        parser.add_argument(
            "--to",
            dest="until",
            default="",
            metavar="TIME",
            help="likewise; a day counts as a whole (default: now)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        task = find_task(options["task"])
        try:
            period = read_period(options["since"], options["until"], hub_zone())
        except InvalidInput as exc:
            raise CommandError(exc.message) from exc
        ledger = services.read_ledger(task=task, since=period.since, until=period.until)
        for line in columns(_figures(ledger.total)):
            self.stdout.write(line)
        if ledger.exceptions:
            self.stdout.write("")
        for line in columns([_row(found) for found in ledger.exceptions]):
            self.stdout.write(line)
        if ledger.has_more:
            self.stderr.write(_("There are more; choose a shorter time to see them."))


def _figures(total: services.Tally) -> list[tuple[str, str]]:
    rows = [(_("expected"), str(total.expected))]
    rows += [(str(outcome.label), str(total[outcome])) for outcome in Outcome]
    return [*rows, (_("not yet written"), str(total.unwritten))]


def _row(found: Occurrence) -> tuple[str, ...]:
    when = show_moment(found.scheduled_for.astimezone(hub_zone()))
    if found.until:
        when += f" - {show_moment(found.until.astimezone(hub_zone()))}"
    fires = f"{found.count}x" if found.count > 1 else ""
    outcome = str(found.get_outcome_display())
    return when, found.label, outcome, fires, occurrence_sentence(found)
