"""Which language an answer speaks, and what caches are told of it."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import translation

CHINESE = "zh-Hans,zh;q=0.9,en;q=0.1"


@pytest.fixture(autouse=True)
def english_after():
    """The client's requests run in the test's own thread, whose language they set."""
    before = translation.get_language()
    yield
    translation.activate(before)


def test_an_answer_speaks_what_the_header_asks_for(client):
    answer = client.get("/nowhere", headers={"Accept-Language": CHINESE})

    assert answer["Content-Language"] == "zh-hans"
    assert answer.json()["message"] != client.get("/nowhere").json()["message"]


@pytest.mark.parametrize("asked", ["", "fr", "x" * 1000])
def test_an_answer_speaks_english_where_nothing_else_is_asked_for(client, asked):
    answer = client.get("/nowhere", headers={"Accept-Language": asked})

    assert answer["Content-Language"] == "en"


def test_the_cookie_wins_over_the_header(client):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    answer = client.get("/nowhere", headers={"Accept-Language": CHINESE})

    assert answer["Content-Language"] == "en"


@pytest.mark.parametrize("path", ["/nowhere", "/zh-hans/", "/zh-hans/admin/login/"])
def test_a_language_in_the_address_means_nothing(client, path):
    answer = client.get(path)

    assert (answer.status_code, answer["Content-Language"]) == (404, "en")
    assert "Accept-Language" in answer["Vary"]
