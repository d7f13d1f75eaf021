"""What comes in the Authorization header, and that none of it is a 500."""

from __future__ import annotations

import base64

import pytest
from django.test import Client

from tests.integration.accounts.urls import MAY_READ

pytestmark = pytest.mark.urls("tests.integration.accounts.urls")
CHALLENGE = 'Bearer realm="automation-hub"'


@pytest.fixture
def text(make_caller, make_token):
    return make_token(make_caller("ann", MAY_READ))[1]


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", " Bearer "])
def test_a_token_acts_as_its_user(call, text, scheme):
    response = call("/plain", authorization=f"{scheme}{text}")
    assert response.status_code == 200
    assert response.json() == {"user": "ann", "token": "ci"}


def test_without_credentials_the_answer_is_401_and_says_what_to_send(call):
    response = call("/plain")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == CHALLENGE
    assert response.json()["code"] == "not_authenticated"
    assert "Authorization: Bearer" in response.json()["message"]


WRONG = {
    "the start alone": "hub_",
    "one character short": "hub_abcd1234_" + "A" * 42,
    "one character long": "hub_abcd1234_" + "A" * 44,
    "unknown": "hub_abcd1234_" + "A" * 43,
    "NUL": "\x00",
    "NUL inside": "hub_abcd1234_" + "\x00" * 43,
    "non-ASCII": "hub_abcd1234_" + "é" * 43,
    "digits that are not ASCII": "hub_١٢٣٤٥٦٧٨_" + "A" * 43,
    "two words": "two words",
    "a megabyte": "x" * 1_000_000,
    "SQL": "'; DROP TABLE accounts_token; --",
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_token_gets_401(call, db, value):
    response = call("/plain", token=value)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == CHALLENGE
    assert response.json()["code"] == "authentication_failed"
    assert "This token does not work" in response.json()["message"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", " bearer  "])
def test_a_header_without_a_token_says_so(call, header):
    response = call("/plain", authorization=header)
    assert response.status_code == 401
    assert "has no token" in response.json()["message"]


def test_a_misspelt_token_is_refused_whatever_session_comes_with_it(
    call, text, make_caller
):
    client = Client()
    client.force_login(make_caller("root", is_superuser=True))
    assert call("/plain", client=client).status_code == 200
    assert call("/plain", client=client, token=text[:-1]).status_code == 401


@pytest.mark.parametrize("header", ["Basic", "Digest x", "", "\x00", "é"])
def test_another_scheme_leads_to_401(call, trust_loopback, header):
    response = call("/plain", authorization=header)
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"


def test_a_password_in_the_header_is_not_looked_at(call, make_caller):
    make_caller("ann", MAY_READ)
    password = base64.b64encode(b"ann:-").decode()
    assert call("/plain", authorization=f"Basic {password}").status_code == 401
