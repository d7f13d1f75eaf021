"""Every error has one shape, and its status is decided in one place."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.urls("tests.unit.core.urls")


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("credentials", 401, {"code": "not_authenticated", "message": "Send a token."}),
        ("forbidden", 403, {"code": "permission_denied", "message": "Not for you."}),
        ("state", 409, {"code": "wrong_state", "message": "Run 1 already completed."}),
        ("http404", 404, {"code": "not_found", "message": "Not found."}),
    ],
)
def test_an_error_becomes_its_status_code_and_message(client, name, status, body):
    answer = client.get(f"/raise/{name}")
    assert answer.status_code == status
    assert answer.json() == body


def test_wrong_input_names_its_fields(client):
    answer = client.get("/raise/invalid")
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "invalid",
        "message": "Write it so.",
        "fields": {"a.b": ["Write it so."]},
    }


def test_an_error_that_an_app_derives_keeps_its_own_code(client):
    answer = client.get("/raise/missing")
    assert answer.status_code == 404
    assert answer.json()["code"] == "script_missing"
    assert answer.json()["message"] == "Script x.py is gone; rescan."


def test_401_says_how_to_authenticate(client):
    assert client.get("/raise/credentials")["WWW-Authenticate"] == "Bearer"


def test_djangos_own_refusal_is_403(client):
    answer = client.get("/raise/denied")
    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"


def test_a_database_that_is_away_is_503_and_says_when_to_come_back(client, caplog):
    answer = client.get("/raise/database")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer.json()["code"] == "database_unavailable"
    assert "nothing was changed" in answer.json()["message"]
    assert "unable to open database file" not in answer.text
    assert "unable to open database file" in caplog.text


def test_too_many_requests_say_when_to_come_back(client):
    answer = client.get("/raise/throttled")
    assert answer.status_code == 429
    assert answer["Retry-After"] == "7"
    assert answer.json()["code"] == "throttled"


def test_a_method_that_the_route_does_not_have_is_405(client):
    answer = client.delete("/echo")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST, OPTIONS"
    assert answer.json()["code"] == "method_not_allowed"


def test_a_nested_field_is_named_by_its_path(client):
    answer = client.post("/checked", {"parameters": {"limit": "x"}}, "application/json")
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "invalid",
        "message": "parameters.limit: A valid integer is required.",
        "fields": {"parameters.limit": ["A valid integer is required."]},
    }


def test_a_field_of_a_list_is_named_by_its_place(client):
    body = {"parameters": {"limit": 1}, "hosts": [{"limit": 1}, {}]}
    answer = client.post("/checked", body, "application/json")
    assert answer.json()["fields"] == {"hosts.1.limit": ["This field is required."]}


def test_a_mistake_of_the_whole_has_no_field(client):
    answer = client.post("/checked", {"parameters": {"limit": 13}}, "application/json")
    assert answer.json() == {
        "code": "invalid",
        "message": "Thirteen is not served here.",
    }


def test_a_bug_of_ours_is_not_hidden_as_a_mistake_of_the_client(client):
    with pytest.raises(ValueError, match="a bug of ours"):
        client.get("/raise/bug")
