"""Who may call without credentials, over HTTP: nobody, but for ANONYMOUS_API."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

pytestmark = pytest.mark.urls("tests.integration.accounts.urls")


@pytest.fixture(autouse=True)
def any_host(settings):
    """Let the wrong Host through to the API, which then has to refuse it."""
    settings.ALLOWED_HOSTS = ["*"]


def test_by_default_nobody_is_trusted(call, settings):
    assert settings.ANONYMOUS_API == []
    assert call("/plain").status_code == 401


def test_a_trusted_caller_may_do_what_is_open_to_such(call, trust_loopback):
    response = call("/plain")
    assert response.status_code == 200
    assert response.json() == {"user": "AnonymousUser", "token": "None"}
    assert call("/notes", "POST").status_code == 200


def test_a_trusted_caller_may_do_nothing_else(call, trust_loopback):
    assert call("/plain", "POST").status_code == 401
    assert call("/notes", "DELETE").status_code == 401


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.3", "::1"])
def test_an_address_in_the_list_is_trusted(call, trust_loopback, address):
    assert call("/plain", address=address).status_code == 200


@pytest.mark.parametrize("address", ["10.0.0.1", "128.0.0.1", "::2", "", "unix:"])
def test_an_address_outside_the_list_is_not(call, trust_loopback, address):
    assert call("/plain", address=address).status_code == 401


@pytest.mark.parametrize("value", ["1", ""])
@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Forwarded-Anything-New",
        "Via",
        "X-Real-IP",
    ],
)
def test_a_forwarded_request_is_not_trusted(call, trust_loopback, header, value):
    assert call("/plain", **{header: value}).status_code == 401


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8000", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:8000"],
)
def test_a_loopback_host_is_trusted(call, trust_loopback, host):
    assert call("/plain", host=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "hub.example.com",
        "localhost.example.com",
        "hub.localhost",
        "127.0.0.1.example.com",
        "10.0.0.1:8000",
        "0.0.0.0",
        "127.1",
        "2130706433",
        "[::2]:8000",
        "[::ffff:7f00:1]",
        "testserver",
    ],
)
def test_any_other_host_is_not(call, trust_loopback, host):
    assert call("/plain", host=host).status_code == 401


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Origin", "http://example.com"),
        ("Origin", "http://localhost:3000"),
        ("Origin", "https://localhost:8000"),
        ("Origin", "http://127.0.0.1:8000"),
        ("Origin", "null"),
        ("Origin", ""),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
        ("Sec-Fetch-Site", ""),
        ("Referer", "http://example.com/page"),
        ("Referer", "http://localhost:3000/"),
        ("Referer", "http://[broken/"),
    ],
)
def test_a_request_from_another_site_is_not(call, trust_loopback, header, value):
    assert call("/notes", "POST", **{header: value}).status_code == 401


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Origin", "http://localhost:8000"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "none"),
        ("Referer", "http://localhost:8000/docs"),
    ],
)
def test_a_request_from_our_own_page_is_trusted(call, trust_loopback, header, value):
    assert call("/notes", "POST", **{header: value}).status_code == 200


def test_credentials_that_fail_are_not_trusted(call, trust_loopback):
    assert call("/plain", token="wrong").status_code == 401
    assert call("/plain", authorization="Basic YTpi").status_code == 401
    assert call("/plain", cookie="sessionid=gone").status_code == 401


def test_a_cookie_of_somebody_else_is_no_reason(call, trust_loopback):
    assert call("/plain", cookie="theme=dark").status_code == 200


def test_a_proxy_that_speaks_http_1_0_is_not_trusted(client, trust_loopback):
    response = client.get(
        "/plain", headers={"host": "localhost:8000"}, SERVER_PROTOCOL="HTTP/1.0"
    )
    assert response.status_code == 401


def test_without_a_host_the_name_of_the_socket_counts(client, trust_loopback):
    assert client.get("/plain", SERVER_NAME="127.0.0.1").status_code == 200
    assert client.get("/plain", SERVER_NAME="0.0.0.0").status_code == 401


def test_an_entry_that_means_nothing_is_not_passed_over(call, settings):
    settings.ANONYMOUS_API = ["127.0.0.1", "localhost"]
    with pytest.raises(ImproperlyConfigured, match="ANONYMOUS_API names 'localhost'"):
        call("/plain")
