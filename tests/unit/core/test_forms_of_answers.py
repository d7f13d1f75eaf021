"""Who gets JSON, who gets a page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, User
from rest_framework.test import APIRequestFactory

from tests.unit.core.views import EchoView, ParamsView

pytestmark = pytest.mark.urls("tests.unit.core.urls")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def get():
    """Return a function that gets the view's answer as a user, or as nobody."""

    def send(accept: str, user: User | AnonymousUser | None = None):
        request = APIRequestFactory().get("/params", headers={"Accept": accept})
        request.user = user or AnonymousUser()
        return ParamsView.as_view()(request).render()

    return send


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", BROWSER, "text/html", "image/png", "", "a/b;"]
)
def test_a_caller_who_is_not_signed_in_gets_json(get, accept):
    assert get(accept)["Content-Type"] == "application/json"


def test_a_request_that_accepts_nothing_in_words_gets_json(client):
    assert client.get("/params")["Content-Type"] == "application/json"


@pytest.mark.parametrize("accept", [BROWSER, "text/html", "text/html; charset=utf-8"])
def test_a_signed_in_browser_gets_a_page(get, accept):
    answer = get(accept, User(username="ann"))
    assert answer["Content-Type"].startswith("text/html")
    assert "Params" in answer.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "image/png"])
def test_a_signed_in_program_gets_json(get, accept):
    answer = get(accept, User(username="ann"))
    assert answer["Content-Type"] == "application/json"


def test_the_page_offers_raw_json_and_no_form_for_posting():
    request = APIRequestFactory().get("/echo", headers={"Accept": "text/html"})
    request.user = User(username="ann")
    page = EchoView.as_view()(request).render().text
    assert 'name="_content"' in page
    assert "multipart/form-data" not in page


def test_text_is_sent_as_it_is_and_what_utf8_lacks_is_replaced(client):
    answer = client.get("/text")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content == b"one\ntwo ?"
