from __future__ import annotations

import sys

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from apps.system.checks import register_checks


class SystemConfig(AppConfig):
    name = "apps.system"
    label = "system"

    def ready(self) -> None:
        register_checks()


class ConsoleConfig(AdminConfig):
    """Django's admin, with our own site in the place of its default one."""

    default_site = "apps.system.console.Console"

    def ready(self) -> None:
        """Load the console's pages, but not in a worker, which shows none."""
        if sys.argv[1:2] != ["qcluster"]:
            super().ready()
