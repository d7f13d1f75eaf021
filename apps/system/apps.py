from __future__ import annotations

import sys

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from apps.system.checks import register_checks

# Commands that show none of the console's pages, and start without them.
WITHOUT_PAGES = {
    *("backup", "envs", "ledger", "pause", "preview", "prune", "qcluster", "restore"),
    *("resume", "rotate_secrets", "run", "schedules", "sync_scripts", "tasks", "token"),
}


class SystemConfig(AppConfig):
    name = "apps.system"
    label = "system"

    def ready(self) -> None:
        register_checks()


class ConsoleConfig(AdminConfig):
    """Django's admin, with our own site in the place of its default one."""

    default_site = "apps.system.console.Console"

    def ready(self) -> None:
        """Load the console's pages where they may be shown."""
        if not WITHOUT_PAGES.intersection(sys.argv[1:2]):
            super().ready()
