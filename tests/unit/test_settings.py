"""The settings: what a wrong variable says, and what is safe without being asked."""

from __future__ import annotations

import json
import logging
import logging.config
import subprocess
import sys
from pathlib import Path

import pytest

from automation_hub.logging import log_config

ROOT = Path(__file__).resolve().parents[2]
SHOW = """
import json
from automation_hub import settings as s
print(json.dumps([s.DATABASES["default"]["OPTIONS"], s.STORAGES["artifacts"]], default=str))
"""


@pytest.fixture
def load(tmp_path):
    """Load the settings in a process of its own; returns options and storage."""

    def run(**environment):
        done = subprocess.run(
            [sys.executable, "-c", SHOW],
            cwd=ROOT,
            env={"DATA_DIR": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return run


def test_a_postgresql_that_does_not_answer_costs_five_seconds(load):
    options, _storage = load(DATABASE_URL="postgres://ann@db/hub?sslmode=require")
    assert options == {"connect_timeout": 5, "sslmode": "require"}


def test_the_connect_timeout_of_the_database_url_stays(load):
    options, _storage = load(DATABASE_URL="postgres://ann@db/hub?connect_timeout=2")
    assert int(options["connect_timeout"]) == 2


def test_artifacts_are_for_the_hubs_user_alone(load):
    _options, storage = load()
    assert storage["OPTIONS"]["file_permissions_mode"] == 0o600
    assert storage["OPTIONS"]["directory_permissions_mode"] == 0o700


@pytest.fixture
def handler():
    """The handler that our configuration makes, and no other change to logging."""
    config = log_config(level="INFO", style="text")
    made = logging.config.DictConfigurator(config)
    made.config["formatters"]["line"] = made.configure_formatter(
        config["formatters"]["line"]
    )
    made.config["filters"]["no_traceback"] = made.configure_filter(
        config["filters"]["no_traceback"]
    )
    return made.configure_handler(config["handlers"]["stderr"])


@pytest.mark.parametrize(
    ("name", "lines"), [("django.security.DisallowedHost", 1), ("django.request", 4)]
)
def test_a_clients_fault_is_one_line(handler, name, lines):
    try:
        raise ValueError("no such host")
    except ValueError:
        record = logging.getLogger(name).makeRecord(
            name, logging.ERROR, "", 0, "Invalid", (), sys.exc_info()
        )
    handler.filter(record)
    assert len(handler.format(record).splitlines()) >= lines
    assert ("Traceback" in handler.format(record)) == (lines > 1)
