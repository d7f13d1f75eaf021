"""Addresses with and without a trailing slash are one."""

from __future__ import annotations

import pytest

from apps.core.api.views import route
from tests.unit.core.views import EchoView

urlpatterns = [route("things/[a-z]+", EchoView.as_view(), "things")]
pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize("path", ["/things/a", "/things/a/"])
def test_a_post_is_answered_without_a_redirect(client, path):
    answer = client.post(path, {"a": 1}, content_type="application/json")
    assert answer.json() == {"got": {"a": 1}}


@pytest.mark.parametrize("path", ["/things/a//", "/things/", "/things/a/b"])
def test_another_address_is_not_taken_for_it(client, path):
    assert client.get(path).status_code == 404
