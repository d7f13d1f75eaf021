from __future__ import annotations

from django.apps import AppConfig

from apps.system.checks import register_checks


class SystemConfig(AppConfig):
    name = "apps.system"
    label = "system"

    def ready(self) -> None:
        register_checks()
