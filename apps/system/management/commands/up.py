from __future__ import annotations

import os
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from apps.core.errors import HubError
from apps.system.setup import set_up
from apps.system.up import Embedded
from apps.system.up_console import Console, open_standard_streams, show
from apps.system.up_greeting import greeting
from apps.system.up_port import chosen_port, listen
from apps.system.up_signals import Signals

CONSOLE_S = 1.0


class Command(BaseCommand):
    help = (
        "Set the hub up and serve it: the portal on http://127.0.0.1:8000 (or PORT) and "
        "one worker, until Ctrl-C."
    )
    # It makes what they ask for, and then runs them.
    requires_system_checks = []

    def __init__(self, *args: Any, **options: Any) -> None:
        open_standard_streams()
        super().__init__(*args, **options)

    def run_from_argv(self, argv: list[str]) -> None:
        # What this process makes in the data folder is nobody else's to read.
        os.umask(0o077)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        with Signals() as signals:
            try:
                self._run(signals)
            except HubError as exc:
                raise CommandError(exc.message) from exc
            except KeyboardInterrupt:
                self.stderr.write("Stopped before it was up.")

    def _run(self, signals: Signals) -> None:
        port = chosen_port()
        with listen(port) as listener:
            report = set_up(check=self.check, show=partial(show, self.stdout))
            # The children have connections of their own.
            connections.close_all()
            signals.hold()
            console = Console()
            try:
                embedded = Embedded(listener, console=console, signals=signals)
                embedded.run(greeting(port, report.administrator))
            finally:
                console.close(CONSOLE_S)
