from __future__ import annotations

import sys
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.errors import HubError
from apps.system.demo import run_demo
from apps.system.up_console import show
from apps.system.up_signals import Signals

# A shell's convention for a command that Ctrl-C ended.
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Show the main job end to end, with no internet: fetch a sample feed through "
        "the API of a temporary hub, and print the Markdown that came out."
    )
    # It is about a hub of its own.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        with Signals():
            try:
                run_demo(say=partial(show, self.stdout))
            except HubError as exc:
                raise CommandError(exc.message) from exc
            except KeyboardInterrupt:
                self.stderr.write("Stopped.")
                sys.exit(INTERRUPTED)
            except BrokenPipeError:
                # Whoever read this has seen enough, as in: make demo | head
                return
