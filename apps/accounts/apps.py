from __future__ import annotations

from django.apps import AppConfig

from apps.accounts.checks import register_checks


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        register_checks()
