"""System checks of settings that are dangerous, alone or together."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks

from apps.system import checks


@pytest.fixture(autouse=True)
def _safe(settings, tmp_path, monkeypatch):
    """Start from settings that no check objects to."""
    monkeypatch.setenv("SECRET_KEY", "given")
    settings.SCRIPTS_DIR = tmp_path / "scripts"
    settings.SCRIPTS_DIR.mkdir(mode=0o755)
    settings.DATA_DIR = tmp_path / "var"
    settings.DATA_DIR.mkdir(mode=0o700)
    settings.SECRET_KEY_PATH = settings.DATA_DIR / "secret_key"


def found():
    """Return what the checks say, by id."""
    messages = [m for m in run_checks() if m.id and m.id.startswith("hub.")]
    assert all(m.hint for m in messages)
    return {m.id: m.msg for m in messages}


def test_safe_settings_are_silent():
    assert found() == {}


def test_e001_there_is_no_secret_key(settings, monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    settings.SECRET_KEY = ""
    assert found() == {"hub.E001": "There is no secret key."}
    assert "`manage.py setup`" in checks.check_secret_key(None)[0].hint


def test_e001_a_key_file_without_a_key_is_named(settings, monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    settings.SECRET_KEY = ""
    settings.SECRET_KEY_PATH.write_text("")
    assert "secret_key is empty or cannot be read." in found()["hub.E001"]


def test_e002_a_lease_that_ends_before_the_fence(settings):
    settings.LEASE_S = settings.FENCE_S
    assert "LEASE_S (15) at least twice FENCE_S" in found()["hub.E002"]


def test_e002_a_fence_that_a_heartbeat_cannot_reach(settings):
    settings.HEARTBEAT_S = 15
    assert "hub.E002" in found()


@pytest.mark.parametrize(
    ("scripts", "data"), [("a", "a/var"), ("var/scripts", "var"), ("same", "same")]
)
def test_e003_scripts_and_data_lie_in_each_other(settings, tmp_path, scripts, data):
    settings.SCRIPTS_DIR, settings.DATA_DIR = tmp_path / scripts, tmp_path / data
    assert "lie in each other" in found()["hub.E003"]


def test_e003_sees_through_links(settings, tmp_path):
    settings.SCRIPTS_DIR = tmp_path / "link"
    settings.SCRIPTS_DIR.symlink_to(settings.DATA_DIR)
    assert "hub.E003" in found()


def test_e003_does_not_mind_a_common_beginning(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "scripts-data"
    assert found() == {}


def test_e004_a_time_limit_beyond_the_longest(settings):
    settings.RUN_TIMEOUT_S = settings.RUN_TIMEOUT_MAX_S + 1
    assert "RUN_TIMEOUT_S (86401) is greater" in found()["hub.E004"].replace("e+04", "")


def test_w001_debug_on_a_public_hub(settings):
    settings.DEBUG = True
    assert found() == {}
    settings.PUBLIC_URL = "https://hub.example.com"
    assert "DEBUG is on" in found()["hub.W001"]


def test_w003_a_scripts_folder_that_everybody_can_write(settings):
    settings.SCRIPTS_DIR.chmod(0o777)
    assert "Every user of this host" in found()["hub.W003"]


def test_w004_a_public_address_without_encryption(settings):
    settings.PUBLIC_URL = "http://hub.example.com"
    assert "unencrypted" in found()["hub.W004"]


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://[::1]:8000", "https://h"]
)
def test_w004_is_silent_on_loopback_and_with_encryption(settings, url):
    settings.PUBLIC_URL = url
    assert found() == {}


@pytest.mark.parametrize("mode", [0o701, 0o755, 0o777])
def test_w006_a_data_folder_that_others_can_read(settings, mode):
    settings.DATA_DIR.chmod(mode)
    assert f"the data folder {settings.DATA_DIR}" in found()["hub.W006"]
    settings.DATA_DIR.chmod(0o750)
    assert found() == {}


def test_w006_is_silent_where_there_is_no_folder_yet(settings):
    settings.DATA_DIR.rmdir()
    assert found() == {}


def test_w005_a_secret_key_that_others_can_read(settings, monkeypatch):
    monkeypatch.delenv("SECRET_KEY")
    settings.SECRET_KEY_PATH.write_text("secret")
    settings.SECRET_KEY_PATH.chmod(0o640)
    assert str(settings.SECRET_KEY_PATH) in found()["hub.W005"]
    settings.SECRET_KEY_PATH.chmod(0o600)
    assert found() == {}
