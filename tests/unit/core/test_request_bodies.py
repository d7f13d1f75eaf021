"""What the API reads as a body, and what it refuses before a view sees it."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.urls("tests.unit.core.urls")
LIMIT = 256 * 1024


@pytest.fixture
def post(client):
    """Return a function that posts raw bytes as JSON."""

    def send(body: bytes, content_type: str = "application/json"):
        return client.post("/echo", body, content_type=content_type)

    return send


def test_json_reaches_the_view(post):
    answer = post(json.dumps({"name": "fetch_rss.py", "n": [1, None, "新"]}).encode())
    assert answer.status_code == 200
    assert answer.json() == {"got": {"name": "fetch_rss.py", "n": [1, None, "新"]}}


def test_a_byte_order_mark_is_no_mistake(post):
    assert post(b'\xef\xbb\xbf{"a": 1}').json() == {"got": {"a": 1}}


def test_a_charset_beside_the_type_is_fine(post):
    answer = post(b"{}", "application/json; charset=utf-8")
    assert answer.status_code == 200


def test_a_body_of_the_limit_is_read(post):
    text = b'"' + b"x" * (LIMIT - 2) + b'"'
    assert post(text).status_code == 200


def test_a_body_over_the_limit_is_413(post):
    answer = post(b'"' + b"x" * (LIMIT - 1) + b'"')
    assert answer.status_code == 413
    assert answer.json() == {
        "code": "too_large",
        "message": "The body is larger than 256 KiB, the most that is accepted.",
    }


def test_another_content_type_is_415(post):
    answer = post(b"script_name=x", "application/x-www-form-urlencoded")
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"
    assert "application/x-www-form-urlencoded" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"not json", "This is not valid JSON: Expecting value"),
        (b'{"a": 1', "This is not valid JSON"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b'"\xff"', "The body is not UTF-8 text."),
        (b"[" * 100_000, "The JSON is nested too deeply."),
        (b'{"a": ["\\u0000"]}', "text with a NUL character"),
        (b'{"a\\u0000": 1}', "text with a NUL character"),
        (b'[{"a": "\\ud800"}]', "half of a surrogate pair"),
    ],
)
def test_a_body_that_nothing_can_be_done_with_is_400(post, body, sentence):
    answer = post(body)
    assert answer.status_code == 400
    assert answer.json()["code"] == "parse_error"
    assert sentence in answer.json()["message"]


def test_a_whole_surrogate_pair_is_one_character(post):
    assert post(b'"\\ud83d\\ude00"').json() == {"got": "\U0001f600"}


@pytest.mark.parametrize("number", [b"1" * 5000, b"-" + b"9" * 5000, b"1e999"])
def test_a_number_that_no_computer_number_holds_is_400(post, number):
    answer = post(b'{"limit": [%s]}' % number)
    assert answer.status_code == 400
    assert answer.json()["code"] == "parse_error"


@pytest.mark.parametrize("number", [b"1" * 5000, b"1e999"])
def test_such_a_number_is_told_in_our_own_words(post, number):
    assert (
        post(number).json()["message"] == "The JSON holds a number that is too large."
    )


@pytest.mark.parametrize(("depth", "status"), [(100, 200), (102, 400), (900, 400)])
def test_nesting_has_a_limit_that_every_encoder_manages(post, depth, status):
    assert post(b"[" * depth + b"]" * depth).status_code == status
