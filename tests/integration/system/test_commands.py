"""How the hub's own commands start."""

from __future__ import annotations

import pytest
from django.core.management import get_commands, load_command_class

from apps.core.commands import HubCommand
from apps.system.apps import WITHOUT_PAGES

OURS = {
    name: app for name, app in get_commands().items() if str(app).startswith("apps")
}
# They check everything that the portal needs.
CHECKS_ALL = {"demo", "setup", "up"}
# They check nothing: they have to work where something is wrong.
CHECKS_NOTHING = {"backup", "restore"}


def test_every_command_but_those_of_the_portal_starts_without_pages():
    assert OURS.keys() - CHECKS_ALL == WITHOUT_PAGES


@pytest.mark.parametrize("name", sorted(OURS.keys() - CHECKS_ALL - CHECKS_NOTHING))
def test_a_command_without_pages_imports_no_view_for_its_checks(name):
    assert isinstance(load_command_class(OURS[name], name), HubCommand)
