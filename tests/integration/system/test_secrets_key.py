"""The key for secrets: made once in the data folder, where none is given."""

from __future__ import annotations

import stat

import pytest

from apps.core.vault import keys_problem, seal, unseal
from apps.system import checks
from apps.system.secret import SecretKeyError, provide_secrets_key


@pytest.fixture
def path(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("SECRETS_KEY")
    settings.SECRETS_KEY, settings.SECRETS_KEY_PATH = "", tmp_path / "secrets_key"
    return settings.SECRETS_KEY_PATH


def test_it_is_made_for_its_owner_alone_and_can_be_used(path, settings):
    provide_secrets_key()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().strip() == settings.SECRETS_KEY
    assert keys_problem(settings.SECRETS_KEY) == ""
    assert unseal(seal("hunter2")) == "hunter2"


def test_it_is_made_once(path, settings):
    provide_secrets_key()
    first, settings.SECRETS_KEY = settings.SECRETS_KEY, ""
    provide_secrets_key()
    assert first == settings.SECRETS_KEY


@pytest.mark.parametrize("name", ["SECRETS_KEY", "SECRETS_KEY_FILE"])
def test_with_a_key_from_the_environment_none_is_made(path, monkeypatch, name):
    monkeypatch.setenv(name, "something")
    provide_secrets_key()
    assert not path.exists()


def test_hosts_that_share_no_folder_do_not_make_one_each(path, settings):
    settings.REQUIRE_SECRET_KEY = True
    provide_secrets_key()
    assert not path.exists()


def test_an_empty_file_is_named_with_its_variable(path):
    path.write_text("\n")
    path.chmod(0o600)
    with pytest.raises(SecretKeyError, match="secrets_key is empty"):
        provide_secrets_key()


def test_e005_a_key_that_is_none(path, settings):
    settings.SECRETS_KEY = "a passphrase"
    (found,) = checks.check_secrets_key(None)
    assert found.id == "hub.E005"
    assert "Key 1 of 2 is no Fernet key" in found.msg
    assert "passphrase" not in found.msg + found.hint


def test_w005_a_key_that_others_can_read(path):
    provide_secrets_key()
    path.chmod(0o644)
    (found,) = checks.check_secrets_key(None)
    assert found.id == "hub.W005"
    assert str(path) in found.msg
