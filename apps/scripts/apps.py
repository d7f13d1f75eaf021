from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScriptsConfig(AppConfig):
    name = "apps.scripts"
    label = "scripts"
    verbose_name = _("Scripts")
