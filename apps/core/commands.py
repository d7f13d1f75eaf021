"""What the hub's own commands have in common."""

from __future__ import annotations

from django.core.checks import Tags
from django.core.management.base import BaseCommand


class HubCommand(BaseCommand):
    """A command that shows no page of the console, and so starts without any.

    Django's own checks would import every view, which takes as long as all the rest of
    a start; the portal, `up` and `setup` run them all. The names of such commands stand
    in WITHOUT_PAGES of apps/system/apps.py too.
    """

    requires_system_checks = ["hub", Tags.security]
