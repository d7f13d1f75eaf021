"""The view's table: what is not in it is denied, and which entry a method means."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from apps.accounts.permissions import Access, Need, require
from tests.integration.accounts.urls import MAY_READ, MAY_RUN

pytestmark = pytest.mark.urls("tests.integration.accounts.urls")


@pytest.fixture
def root(make_caller):
    client = Client()
    client.force_login(make_caller("root", is_superuser=True))
    return client


@pytest.fixture
def token_with(make_caller, make_token):
    def make(*permissions):
        scopes = ("read", "run", "manage")
        return make_token(make_caller("ann", *permissions), scopes=scopes)[1]

    return make


UNLISTED = [("POST", "/notes/unlisted"), ("PUT", "/plain"), ("GET", "/bare")]


@pytest.mark.parametrize(("method", "path"), UNLISTED)
def test_what_is_not_in_the_table_is_denied_even_to_a_superuser(
    call, root, method, path
):
    response = call(path, method, client=root)
    assert response.status_code == 403
    assert "not open to any role" in response.json()["message"]


@pytest.mark.parametrize(("method", "path"), UNLISTED)
def test_what_is_not_in_the_table_is_401_without_credentials(
    call, trust_loopback, method, path
):
    assert call(path, method).status_code == 401


@pytest.mark.parametrize("path", ["/notes", "/plain"])
def test_head_needs_what_get_needs(call, token_with, path):
    text = token_with(MAY_READ)
    assert call(path, "HEAD", token=text).status_code == 200
    assert call(path, "HEAD").status_code == 401


@pytest.mark.parametrize("path", ["/notes", "/plain"])
def test_head_is_closed_to_who_may_not_get(call, token_with, path):
    assert call(path, "HEAD", token=token_with(MAY_RUN)).status_code == 403


@pytest.mark.parametrize("path", ["/notes", "/plain"])
def test_options_is_open_to_who_may_get(call, token_with, path):
    assert call(path, "OPTIONS", token=token_with(MAY_READ)).status_code == 200
    assert call(path, "OPTIONS").status_code == 401


@pytest.mark.parametrize("path", ["/notes", "/plain"])
def test_options_is_closed_to_who_may_not_get(call, token_with, path):
    assert call(path, "OPTIONS", token=token_with(MAY_RUN)).status_code == 403


def test_options_without_a_get_is_open_to_who_may_use_the_route(call, token_with):
    assert call("/post", "OPTIONS", token=token_with(MAY_RUN)).status_code == 200
    assert call("/post", "OPTIONS").status_code == 401


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/notes", "/plain"])
def test_a_method_that_the_route_lacks_is_405_for_who_may_use_the_route(
    call, token_with, method, path
):
    response = call(path, method, token=token_with(MAY_RUN))
    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("method", ["PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/notes", "/plain"])
def test_a_method_that_the_route_lacks_is_401_without_credentials(call, method, path):
    assert call(path, method).status_code == 401


def test_a_method_that_the_route_lacks_is_405_for_a_trusted_caller(
    call, trust_loopback
):
    assert call("/plain", "PATCH").status_code == 405
    assert call("/post", "PATCH").status_code == 401


def test_a_method_that_the_route_lacks_is_403_for_who_may_do_nothing_there(
    call, token_with
):
    assert call("/plain", "PATCH", token=token_with()).status_code == 403


def make_request(user=None):
    request = APIRequestFactory().get("/")
    force_authenticate(request, user=user)
    return APIView().initialize_request(request)


def test_require_asks_for_a_need_that_only_the_body_tells(make_caller):
    request = make_request(make_caller("ann", MAY_READ))
    assert require(request, Need("read", MAY_READ)) is None
    with pytest.raises(PermissionDenied, match=r"lacks .*accounts\.add_token"):
        require(request, Need("run", MAY_RUN))


def test_require_asks_an_unknown_caller_for_credentials(db):
    with pytest.raises(NotAuthenticated, match="Sign in, or send a token"):
        require(make_request(), Need("read", MAY_READ))


def test_an_inactive_user_is_refused_whoever_let_them_in(make_caller):
    request = make_request(make_caller("ann", is_active=False, is_superuser=True))
    with pytest.raises(PermissionDenied, match="account is not active"):
        require(request, Need("read", MAY_READ))


def test_a_view_without_a_table_is_closed(make_caller):
    request = make_request(make_caller("root", is_superuser=True))
    with pytest.raises(PermissionDenied, match="not open to any role"):
        Access().has_permission(request, APIView())
