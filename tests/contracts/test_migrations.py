"""The migrations say what the models say."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command

from tests.contracts.sources import python_files


@pytest.mark.django_db
def test_no_migration_is_missing(capsys):
    try:
        call_command("makemigrations", "--check", "--dry-run")
    except SystemExit:
        out = capsys.readouterr().out
        pytest.fail(f"Run manage.py makemigrations -n NAME:\n{out}", pytrace=False)


def test_every_migration_has_a_name_that_says_what_it_does():
    names = [
        path.stem
        for path in python_files("apps")
        if path.parent.name == "migrations" and path.stem != "__init__"
    ]
    assert names
    assert [name for name in names if re.search(r"_auto_\d|^\d+$", name)] == []
