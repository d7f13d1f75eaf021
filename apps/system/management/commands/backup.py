from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import HubError
from apps.system.backup import make_backup


class Command(BaseCommand):
    help = (
        "Write database, artifacts and secret key into one file, also while runs are "
        "going. Whoever has the file has the hub: it gets mode 0600."
    )
    # It is for bad days too.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "target",
            help="A .tar.gz file to be made, or a folder for it. What ends in / is a "
            "folder, made where it is not there.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        os.umask(0o077)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            target = options["target"]
            report = make_backup(target=Path(target), is_folder=target.endswith(os.sep))
        except HubError as exc:
            raise CommandError(exc.message) from exc
        for line in report.lines():
            self.stdout.write(line)
