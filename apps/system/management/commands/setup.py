from __future__ import annotations

import os
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import HubError
from apps.system.setup import set_up
from apps.system.up_console import show
from apps.system.waiting import wait_for_setup


class Command(BaseCommand):
    help = (
        "Make what the hub needs to start, where it is missing: the data folder, the "
        "secret key, the tables, the list of scripts, and the first administrator, "
        "whose random password is printed once."
    )
    # It makes what they ask for, and then runs them.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--wait",
            action="store_true",
            help="Make nothing; wait until another service's setup has made the key and "
            "the tables, for SETUP_WAIT_S seconds at most.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        # What this process makes in the data folder is nobody else's to read.
        os.umask(0o077)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        say = partial(show, self.stdout)
        try:
            if options["wait"]:
                wait_for_setup(show=say)
            else:
                set_up(check=self.check, show=say)
        except HubError as exc:
            raise CommandError(exc.message) from exc
