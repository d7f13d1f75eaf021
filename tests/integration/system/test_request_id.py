"""Each answer bears the id of its request, as the log's lines do."""

from __future__ import annotations

import pytest

from apps.core import context

pytestmark = pytest.mark.django_db


def test_each_request_gets_one(client):
    first, second = (client.get("/health/live")["X-Request-ID"] for _ in range(2))
    assert len(first) == len(second) == 16
    assert first != second


@pytest.mark.parametrize("number", ["abc-1", "1-67891233-abcdef012345678912345678"])
def test_a_proxys_own_is_taken_over(client, number):
    answer = client.get("/health", headers={"X-Request-ID": number})
    assert answer["X-Request-ID"] == context.request_id.get() == number


@pytest.mark.parametrize("number", ["", "a b", 'a"b', "é", "x" * 65, "a\x1bb", "a,b"])
def test_another_text_is_not(client, number):
    answer = client.get("/health/live", headers={"X-Request-ID": number})
    assert answer["X-Request-ID"] != number
    assert len(answer["X-Request-ID"]) == 16


@pytest.mark.parametrize("path", ["/nope", "/admin/", "/scripts", "/static/nope"])
def test_refusals_bear_it_too(client, path):
    assert client.get(path, headers={"X-Request-ID": "r-1"})["X-Request-ID"] == "r-1"
