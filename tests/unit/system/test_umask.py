"""What the hub's own processes make is for their user alone."""

from __future__ import annotations

import os

import pytest
from django.core.management import get_commands, load_command_class


@pytest.fixture
def _open_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_open_umask")
@pytest.mark.parametrize("name", ["setup", "up", "qcluster", "run"])
def test_a_process_of_this_command_keeps_its_files_to_itself(name):
    command = load_command_class(get_commands()[name], name)
    with pytest.raises(SystemExit):
        command.run_from_argv(["manage.py", name, "--help"])
    assert os.umask(0o022) == 0o077
