"""Query strings: each value checked, each mistake named."""

from __future__ import annotations

import uuid

import pytest

from apps.core.api.params import parse_uuid

pytestmark = pytest.mark.urls("tests.unit.core.urls")


@pytest.fixture
def refusal(client):
    """Return a function that gives the fields of the 400 for a query string."""

    def get(query: str) -> dict[str, list[str]]:
        answer = client.get(f"/params?{query}")
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid"
        return answer.json()["fields"]

    return get


def test_what_is_not_given_is_none(client):
    assert client.get("/params").json() == {
        "name": None,
        "status": [],
        "limit": None,
        "id": "None",
    }


def test_each_kind_is_read(client):
    answer = client.get("/params?name=a%20b&status=running,queued&limit=200")
    assert answer.json()["name"] == "a b"
    assert answer.json()["status"] == ["running", "queued"]
    assert answer.json()["limit"] == 200


def test_an_unknown_parameter_is_named_with_the_known_ones(client, refusal):
    assert refusal("stauts=queued") == {
        "stauts": ["Unknown query parameter; known here: id, limit, name, status."]
    }
    answer = client.get("/params?stauts=queued")
    assert answer.json()["message"].startswith("stauts: Unknown query parameter")


def test_nul_in_text_is_refused(refusal):
    assert refusal("name=a%00b") == {"name": ["It holds a NUL character; remove it."]}


def test_an_unknown_choice_is_named_with_the_choices(refusal):
    assert refusal("status=queued,done") == {
        "status": ["'done' is not one of queued, running."]
    }


@pytest.mark.parametrize(
    "text", ["0", "201", "-1", "1.5", "", "x", "１", "²", "9" * 19, "9" * 5000, "1%00"]
)
def test_what_is_no_whole_number_within_the_limits_is_refused(refusal, text):
    assert refusal(f"limit={text}") == {
        "limit": ["Write a whole number from 1 to 200."]
    }


def test_a_uuid_is_read_with_and_without_dashes():
    known = uuid.uuid4()
    assert parse_uuid(str(known)) == known
    assert parse_uuid(known.hex) == known


@pytest.mark.parametrize("text", ["", "1", "x" * 32, "x" * 36, "{" + "0" * 36 + "}"])
def test_what_is_no_uuid_is_none(text):
    assert parse_uuid(text) is None
