"""The tests' settings: the shell's own never reach them, and they leave nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import FOLDER, ROOT, setting_names

SHOW = """
import json, os
from tests import settings
database = settings.DATABASES["default"]
print(json.dumps({
    "debug": settings.DEBUG, "anonymous": settings.ANONYMOUS_API,
    "hosts": settings.ALLOWED_HOSTS, "redis": settings.REDIS_URL,
    "data_dir": str(settings.DATA_DIR), "secret": settings.SECRET_KEY,
    "engine": database["ENGINE"], "name": str(database["NAME"]),
    "test": database.get("TEST", {}).get("NAME"),
    "options": database.get("OPTIONS"),
}))
"""


@pytest.fixture
def settings_with():
    """Return a function that loads the settings in a process with variables added."""

    def load(**variables: str) -> dict:
        env = {
            k: v for k, v in os.environ.items() if k not in {*setting_names(), FOLDER}
        }
        done = subprocess.run(
            [sys.executable, "-c", SHOW],
            env=env | variables,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return load


def test_what_the_shell_sets_does_not_reach_them(settings_with, tmp_path):
    shown = settings_with(
        DEBUG="1",
        ANONYMOUS_API="0.0.0.0/0",
        PUBLIC_URL="https://hub.example",
        REDIS_URL="redis://example",
        DATA_DIR=str(tmp_path),
        SECRET_KEY="",
    )
    assert shown["debug"] is False
    assert (shown["anonymous"], shown["redis"]) == ([], "")
    assert shown["hosts"] == ["localhost", "127.0.0.1", "[::1]"]
    assert (shown["data_dir"] != str(tmp_path), shown["secret"]) == (True, "tests")


def test_the_folder_of_a_session_is_gone_with_it(settings_with):
    assert not Path(settings_with()["data_dir"]).exists()


def test_a_child_process_shares_its_parents_folder(settings_with, tmp_path):
    assert settings_with(**{FOLDER: str(tmp_path)})["data_dir"] == str(tmp_path)
    assert tmp_path.exists()


def test_sqlite_is_a_file_with_the_options_of_production(settings_with):
    shown = settings_with()
    assert shown["test"] == shown["name"] == f"{shown['data_dir']}/database.db"
    assert shown["options"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in shown["options"]["init_command"]


def test_database_url_and_the_tests_redis_are_taken(settings_with):
    shown = settings_with(
        DATABASE_URL="postgres://ann:secret@127.0.0.1:1/hub",
        HUB_TEST_REDIS_URL="redis://127.0.0.1:1/3",
    )
    assert (shown["engine"], shown["name"]) == ("django.db.backends.postgresql", "hub")
    assert shown["redis"] == "redis://127.0.0.1:1/3"


def test_every_variable_that_the_settings_read_is_known():
    assert {"DEBUG", "DEBUG_FILE", "TICK_S", "LOG_LEVEL"} <= set(setting_names())
