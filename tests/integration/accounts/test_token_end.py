"""When a token stops working: expiry, revocation, an inactive user, none left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from apps.accounts import services
from tests.integration.accounts.urls import MAY_READ

MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def reader(make_caller):
    return make_caller("ann", MAY_READ)


@pytest.mark.urls("tests.integration.accounts.urls")
def test_an_expired_token_gets_401(reader, make_token, call):
    with time_machine.travel(MADE, tick=False) as clock:
        _token, text = make_token(reader, lifetime=timedelta(days=1))
        clock.shift(timedelta(days=1, seconds=-1))
        assert call("/plain", token=text).status_code == 200
        clock.shift(timedelta(seconds=1))
        response = call("/plain", token=text)
    assert response.status_code == 401
    assert "expired or revoked" in response.json()["message"]


def test_a_token_without_a_lifetime_never_expires(reader, make_token):
    with time_machine.travel(MADE, tick=False) as clock:
        token, text = make_token(reader, lifetime=None)
        clock.shift(timedelta(days=36500))
        assert services.find_token(text) == token


@pytest.mark.urls("tests.integration.accounts.urls")
def test_a_revoked_token_gets_401(reader, make_token, call):
    token, text = make_token(reader)
    assert call("/plain", token=text).status_code == 200
    services.revoke_token(token=token)
    assert call("/plain", token=text).status_code == 401


def test_a_second_revocation_changes_nothing(reader, make_token):
    with time_machine.travel(MADE, tick=False) as clock:
        token, _text = make_token(reader)
        assert services.revoke_token(token=token)
        clock.shift(timedelta(hours=1))
        assert not services.revoke_token(token=token)
    token.refresh_from_db()
    assert token.revoked_at == MADE


@pytest.mark.urls("tests.integration.accounts.urls")
def test_the_token_of_an_inactive_user_gets_401(reader, make_token, call):
    _token, text = make_token(reader)
    reader.is_active = False
    reader.save()
    response = call("/plain", token=text)
    assert response.status_code == 401
    assert "its user is not active" in response.json()["message"]


def test_a_deleted_user_takes_the_tokens_along(reader, make_token):
    _token, text = make_token(reader)
    reader.delete()
    assert services.find_token(text) is None


def test_a_wrong_secret_behind_a_right_prefix_is_no_token(reader, make_token):
    _token, text = make_token(reader)
    wrong = "A" if text[-1] != "A" else "B"
    assert services.find_token(text[:-1] + wrong) is None
