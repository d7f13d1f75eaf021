from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import HubError
from apps.system.backup import restore_backup


class Command(BaseCommand):
    help = (
        "Put database, artifacts and secret key of a backup in their places. Stop portal "
        "and workers before, run `manage.py setup` after."
    )
    # What they look at is what is to be made.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="A file that `backup` wrote.")
        parser.add_argument(
            "--force",
            action="store_true",
            help="Replace the hub that is here: its database, artifacts and key are lost.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        os.umask(0o077)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = restore_backup(source=options["source"], force=options["force"])
        except HubError as exc:
            raise CommandError(exc.message) from exc
        for line in report.lines():
            self.stdout.write(line)
