from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.runs.checks import register_checks


class RunsConfig(AppConfig):
    name = "apps.runs"
    label = "runs"
    verbose_name = _("Runs")

    def ready(self) -> None:
        register_checks()
        # Imports models, which are there only now.
        import_module("apps.runs.alarm").connect()
