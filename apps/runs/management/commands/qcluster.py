from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import CommandParser

from apps.core.commands import HubCommand
from apps.runs.cluster.main import run_cluster


class Command(HubCommand):
    help = (
        "Start a worker: it takes runs from the queue named by QUEUE, WORKERS at a "
        "time, until SIGTERM or Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # django-q2 takes -n too late: its cluster would serve the default queue.
        parser.add_argument(
            "-n",
            "--name",
            metavar="QUEUE",
            help="Not supported: set the variable QUEUE instead.",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        # What this process makes in the data folder is nobody else's to read.
        os.umask(0o077)
        super().run_from_argv(argv)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"]:
            sys.exit(
                f"-n does not choose the queue; run: QUEUE={options['name']} "
                "manage.py qcluster"
            )
        sys.exit(run_cluster())
