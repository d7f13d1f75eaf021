"""System checks of ANONYMOUS_API."""

from __future__ import annotations

import pytest
from django.core.checks import ERROR, WARNING

from apps.accounts import anonymous
from apps.accounts.checks import check_anonymous_api


def check(settings, *entries):
    settings.ANONYMOUS_API = list(entries)
    return check_anonymous_api(None)


@pytest.mark.parametrize("entry", ["localhost", "10.0.0.1/8"])
def test_e001_is_an_entry_that_means_nothing(settings, entry):
    [message] = check(settings, "127.0.0.1", entry)
    assert (message.id, message.level) == ("accounts.E001", ERROR)
    assert f"names {entry!r}" in message.msg
    assert "leave it empty" in message.hint


@pytest.mark.parametrize(
    "entry",
    [
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/15",
        "203.0.113.0/24",
        "203.0.113.7",
        "126.0.0.0/7",
        "fd00::/48",
        "2001:db8::/64",
    ],
)
def test_w001_is_a_range_beyond_one_private_network(settings, entry):
    [message] = check(settings, entry)
    assert (message.id, message.level) == ("accounts.W001", WARNING)
    assert f"names {entry}," in message.msg
    assert "anonymous scripts" in message.msg
    assert "give the callers tokens" in message.hint


@pytest.mark.parametrize(
    "entry",
    [
        "127.0.0.0/8",
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.20.0.0/16",
        "172.18.0.1",
        "192.168.0.0/16",
        "fd00:1::/64",
        "fe80::1",
    ],
)
def test_loopback_and_one_private_network_pass(settings, entry):
    assert check(settings, entry) == []


def test_an_empty_list_passes(settings):
    assert check(settings) == []


def test_w002_is_a_gateway_that_is_not_there(settings, monkeypatch, tmp_path):
    monkeypatch.setattr(anonymous, "ROUTES_V4", tmp_path / "none")
    monkeypatch.setattr(anonymous, "ROUTES_V6", tmp_path / "none")
    [message] = check(settings, "gateway")
    assert (message.id, message.level) == ("accounts.W002", WARNING)
    assert "admits nobody" in message.msg
    assert "127.0.0.1" in message.hint


def test_a_gateway_that_is_there_passes(settings, monkeypatch, tmp_path):
    table = tmp_path / "route"
    table.write_text("heading\neth0 00000000 010011AC 0003 0 0 0 00000000 0 0 0\n")
    monkeypatch.setattr(anonymous, "ROUTES_V4", table)
    assert check(settings, "gateway") == []
