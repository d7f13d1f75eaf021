"""Encrypting secrets: the first key encrypts, all decrypt."""

from __future__ import annotations

import pytest

from apps.core.vault import (
    CannotOpen,
    NoKey,
    keys_problem,
    new_key,
    reseal,
    seal,
    unseal,
)


@pytest.fixture
def keys(settings, tmp_path):
    """Set the keys of this hub, the first one first."""

    def use(*given: str, between: str = ",") -> None:
        settings.SECRETS_KEY = between.join(given)

    settings.SECRETS_KEY_PATH = tmp_path / "secrets_key"
    return use


def test_what_is_sealed_is_not_to_be_read_and_comes_back(keys):
    keys(new_key())
    token = seal("hunter2 \N{KEY}")
    assert "hunter2" not in token
    assert unseal(token) == "hunter2 \N{KEY}"
    assert seal("hunter2 \N{KEY}") != token


@pytest.mark.parametrize("between", [",", "\n", " , ", "\r\n"])
def test_an_older_key_still_opens_and_no_longer_seals(keys, between):
    old, new = new_key(), new_key()
    keys(old)
    token = seal("hunter2")
    keys(new, old, between=between)
    assert unseal(token) == "hunter2"
    sealed = seal("hunter2")
    keys(old)
    with pytest.raises(CannotOpen):
        unseal(sealed)


def test_resealing_leaves_nothing_to_the_old_key(keys):
    old, new = new_key(), new_key()
    keys(old)
    token = seal("hunter2")
    keys(new, old)
    token = reseal(token)
    keys(new)
    assert unseal(token) == "hunter2"


def test_a_key_that_is_gone_opens_nothing(keys):
    keys(new_key())
    token = seal("hunter2")
    keys(new_key())
    for step in (unseal, reseal):
        with pytest.raises(CannotOpen):
            step(token)


@pytest.mark.parametrize("token", ["", "gAAAA", "\N{KEY}", "x" * 200])
def test_what_is_no_token_cannot_be_opened(keys, token):
    keys(new_key())
    with pytest.raises(CannotOpen):
        unseal(token)


def test_the_key_in_the_file_is_found_when_it_is_made_later(keys, settings):
    keys()
    with pytest.raises(NoKey, match="Set SECRETS_KEY"):
        seal("hunter2")
    settings.SECRETS_KEY_PATH.write_text(f"{new_key()}\n")
    assert unseal(seal("hunter2")) == "hunter2"


def test_what_is_no_key_is_said_and_not_told(keys):
    keys(new_key(), "a passphrase")
    with pytest.raises(NoKey, match="Key 2 of 3 is no Fernet key") as caught:
        seal("hunter2")
    assert "passphrase" not in str(caught.value)
    assert keys_problem(new_key()) == keys_problem("") == ""
