from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import CommandParser
from django.template.defaultfilters import filesizeformat
from django.utils import translation

from apps.core.commands import HubCommand
from apps.runs import services


class Command(HubCommand):
    help = (
        "Delete ended runs that are older than KEEP_RUNS_DAYS or more than "
        "KEEP_RUNS_COUNT, with their logs and artifacts, and environments of scripts "
        "that no run used for ENV_KEEP_DAYS; put what the ledger tells of fires older "
        "than KEEP_LEDGER_DAYS together by day; tick does it once an hour."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would be deleted"
        )
        parser.add_argument(
            "--days",
            type=_number,
            metavar="N",
            help="instead of KEEP_RUNS_DAYS; 0 keeps for ever; tasks' own stay",
        )
        parser.add_argument(
            "--keep",
            type=_number,
            metavar="N",
            help="instead of KEEP_RUNS_COUNT; 0 is no limit; tasks' own stay",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        report = services.prune(
            dry_run=dry_run, days=options["days"], keep=options["keep"]
        )
        verb = "Would delete" if dry_run else "Deleted"
        self.stdout.write(
            f"{verb} {report.runs} run(s) and {report.artifacts} artifact file(s), "
            f"{_size(report.bytes)} in all."
        )
        if report.environments:
            self.stdout.write(
                f"{verb} {report.environments} environment(s) of scripts, "
                f"{_size(report.environment_bytes)} in all."
            )
        if report.ledger_rows:
            verb = "Would put" if dry_run else "Put"
            self.stdout.write(
                f"{verb} {report.ledger_rows} row(s) of the ledger together by day."
            )


def _size(count: int) -> str:
    with translation.override("en"):
        # A sentence with a no-break space is hard to search for.
        return filesizeformat(count).replace("\N{NO-BREAK SPACE}", " ")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(f"{text!r} is no whole number; write 0 or more.")
    return int(text)
