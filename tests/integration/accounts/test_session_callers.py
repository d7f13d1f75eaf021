"""A signed-in browser: permissions without scopes, and CSRF."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.integration.accounts.urls import MAY_READ, MAY_RUN

pytestmark = pytest.mark.urls("tests.integration.accounts.urls")


def sign_in(user, **options):
    client = Client(**options)
    client.force_login(user)
    return client


def test_a_session_needs_the_permission(call, make_caller):
    client = sign_in(make_caller("ann", MAY_READ))
    assert call("/notes", client=client).json() == {"user": "ann", "token": "None"}
    response = call("/notes", "POST", client=client)
    assert response.status_code == 403
    assert "lacks the permission accounts.add_token" in response.json()["message"]


def test_a_superuser_passes_without_any_permission(call, make_caller):
    client = sign_in(make_caller("root", is_superuser=True))
    assert call("/notes", "DELETE", client=client).status_code == 200


def test_a_session_without_its_csrf_token_gets_403(call, make_caller, trust_loopback):
    client = sign_in(make_caller("ann", MAY_RUN), enforce_csrf_checks=True)
    response = call("/notes", "POST", client=client)
    assert response.status_code == 403
    assert "CSRF Failed" in response.json()["message"]


def test_a_session_with_its_csrf_token_passes(call, make_caller):
    client = sign_in(make_caller("ann", MAY_RUN), enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    response = call("/notes", "POST", client=client, x_csrftoken="a" * 32)
    assert response.status_code == 200


def test_a_token_needs_no_csrf_token(call, make_caller, make_token):
    client = Client(enforce_csrf_checks=True)
    _token, text = make_token(make_caller("ann", MAY_RUN))
    assert call("/notes", "POST", client=client, token=text).status_code == 200


def test_the_session_of_an_inactive_user_is_none(call, make_caller, trust_loopback):
    user = make_caller("ann", MAY_READ)
    client = sign_in(user)
    assert call("/notes", client=client).status_code == 200
    user.is_active = False
    user.save()
    assert call("/notes", client=client).status_code == 401
