from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.accounts.checks import register_checks


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"
    verbose_name = _("Access")

    def ready(self) -> None:
        register_checks()
        # Imports models, which are there only now.
        import_module("apps.accounts.roles").name_roles()
