from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from apps.core.commands import HubCommand
from apps.scripts import services


class Command(HubCommand):
    help = "Look into the scripts folder and record what is there."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = services.sync_scripts(afresh=True)
        except services.FolderUnreadable as exc:
            raise CommandError(exc.message) from exc
        for word in ("added", "changed", "missing", "broken"):
            for name in getattr(report, word):
                self.stdout.write(f"{word}: {name}")
        for name, reason in report.left_out.items():
            self.stdout.write(f"left out: {name}: {reason}")
        for remark in report.remarks:
            self.stderr.write(remark)
        self.stdout.write(f"{report.total} script(s) in the folder.")
