"""Every command looks at ANONYMOUS_API before it does anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def check(tmp_path):
    """Run `manage.py check` with a value of ANONYMOUS_API."""

    def run(value):
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "automation_hub.settings",
            "ANONYMOUS_API": value,
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": "tests",
        }
        return subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_an_entry_that_means_nothing_stops_it(check):
    done = check("127.0.0.1, localhost")
    assert done.returncode == 1
    assert "(accounts.E001) ANONYMOUS_API names 'localhost'" in done.stderr


def test_a_wide_range_is_warned_of(check):
    done = check("0.0.0.0/0")
    assert done.returncode == 0
    assert "(accounts.W001) ANONYMOUS_API names 0.0.0.0/0" in done.stderr
