from __future__ import annotations

from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import translation
from django.utils.timezone import localtime

from apps.core.commands import HubCommand
from apps.runs.environments import Kept, kept


class Command(HubCommand):
    help = (
        "List the environments of scripts with dependencies that this data folder has. "
        "Those that no run uses for ENV_KEEP_DAYS are deleted by pruning."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = kept()
        for env in found:
            self.stdout.write(_line(env))
        total = _size(sum(env.size_bytes for env in found))
        self.stdout.write(f"{len(found)} environment(s), {total} in all.")


def _line(env: Kept) -> str:
    packages = ", ".join(env.requirements) or "no packages"
    if env.requires_python:
        packages += f" (Python {env.requires_python})"
    used = "in use now"
    if not env.is_in_use:
        used = f"last used {localtime(env.used_at):%Y-%m-%d %H:%M}"
    return f"{env.key}  {_size(env.size_bytes)}  {used}  {packages}"


def _size(count: int) -> str:
    with translation.override("en"):
        return filesizeformat(count).replace("\N{NO-BREAK SPACE}", " ")
