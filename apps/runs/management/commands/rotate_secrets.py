from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from apps.core.commands import HubCommand
from apps.core.errors import HubError
from apps.runs import services


class Command(HubCommand):
    help = (
        "Encrypt stored secrets anew with the first key of SECRETS_KEY, so that the "
        "others can go; those saved in the open, before a header called them secrets, "
        "too. Presets lose theirs."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = services.rotate_secrets()
        except HubError as exc:
            raise CommandError(exc.message) from exc
        self.stdout.write(f"Encrypted anew: {report.anew} secret(s).")
        if report.first:
            self.stdout.write(f"Encrypted for the first time: {report.first}.")
        if report.dropped:
            self.stdout.write(f"Taken out of presets: {report.dropped}.")
        if report.closed:
            listed = "\n  ".join(report.closed)
            raise CommandError(
                f"No key opens {len(report.closed)} secret(s); put the key with which "
                f"they were encrypted back into SECRETS_KEY, or give them anew:\n  {listed}"
            )
