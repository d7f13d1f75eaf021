"""Whatever a client sends: a clear answer in the one error shape, never a 500."""

from __future__ import annotations

import builtins
import io
import os

import pytest
from django.db import OperationalError

from apps.scripts.models import ScriptQuerySet

pytestmark = pytest.mark.django_db

NOT_SCRIPTS = [
    "nope.py",
    "../x",
    "/etc/passwd",
    "a/../../b",
    "hello.py\n",
    "hello.py\0",
    "hello.py\u202e",
    "./hello.py",
    "HELLO.PY/",
    "x" * 300,
    "",
]


@pytest.fixture
def operator(api_as):
    return api_as("Operator")


def send(client, body, content_type="application/json"):
    return client.generic("POST", "/runs/runs", body, content_type=content_type)


def is_error(answer, status, code=None):
    body = answer.json()
    assert answer.status_code == status, body
    assert {"code", "message"} <= body.keys() <= {"code", "message", "fields"}
    assert body["message"]
    return code is None or body["code"] == code


@pytest.mark.parametrize("name", NOT_SCRIPTS)
def test_what_is_no_script_is_404(operator, hello, name):
    answer = operator.post("/runs/runs", {"script_name": name})

    # JSON text with NUL is refused before anything looks at it.
    assert is_error(answer, 400 if "\0" in name else 404)


@pytest.mark.parametrize("name", NOT_SCRIPTS)
def test_what_is_no_script_is_never_opened(operator, hello, name, monkeypatch):
    opened = []
    for module, verb in ((os, "open"), (builtins, "open"), (io, "open")):
        honest = getattr(module, verb)

        def spy(path, *args, _honest=honest, **kwargs):
            opened.append(path)
            return _honest(path, *args, **kwargs)

        monkeypatch.setattr(module, verb, spy)

    operator.post("/runs/runs", {"script_name": name})

    assert opened == []


def test_a_link_out_of_the_folder_is_404(operator, hello, scripts_dir):
    (scripts_dir / "passwd.sh").symlink_to("/etc/passwd")

    assert is_error(operator.post("/runs/runs", {"script_name": "passwd.sh"}), 404)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"nmae": "x"}, "parameters.nmae"),
        ({"times": "5"}, "parameters.times"),
        ({"times": True}, "parameters.times"),
        ({"name": None}, "parameters.name"),
        ({"name": "x" * 9000}, "parameters.name"),
        ("text", "parameters"),
        ([], "parameters"),
    ],
)
def test_a_wrong_parameter_is_named(operator, hello, parameters, field):
    answer = operator.post(
        "/runs/runs", {"script_name": "hello.py", "parameters": parameters}
    )

    assert is_error(answer, 400, "invalid")
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[]",
        b"null",
        b'"text"',
        b'{"script_name": 5}',
        b'{"script_name": "hello.py", "parameters": {"name": NaN}}',
        b'{"script_name": "\\ud800"}',
        b'{"script_name": "hello.py", "args": {}}',
        b'{"script_id": "hello.py"}',
        b'{"script_name": "hello.py", "task": "t"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b'{"script_name": "hello.py", "parameters": {"times": 1' + b"0" * 5000 + b"}}",
    ],
)
def test_a_body_that_is_no_request_is_400(operator, hello, body):
    assert is_error(send(operator, body), 400)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "text/plain",
        "multipart/form-data; boundary=x",
    ],
)
def test_a_wrong_content_type_is_415(operator, hello, content_type):
    assert is_error(send(operator, b"script_name=hello.py", content_type), 415)


def test_a_body_over_256_kib_is_413(operator, hello):
    assert is_error(send(operator, b'"' + b"x" * 256 * 1024 + b'"'), 413, "too_large")


def test_a_body_of_256_kib_is_read(operator, hello):
    assert is_error(send(operator, b'"' + b"x" * (256 * 1024 - 2) + b'"'), 400)


def test_a_body_without_a_length_is_411(operator, hello):
    # As gunicorn hands on what came in chunks.
    answer = operator.generic("POST", "/runs/runs", HTTP_TRANSFER_ENCODING="chunked")

    assert is_error(answer, 411, "length_required")
    assert "Content-Length" in answer.json()["message"]


def test_a_script_that_is_gone_is_409(operator, hello, scripts_dir):
    (scripts_dir / "hello.py").unlink()

    answer = operator.post("/runs/runs", {"script_name": "hello.py"})

    assert is_error(answer, 409, "script_not_runnable")


@pytest.mark.parametrize(
    "query",
    [
        "status=done",
        "limit=0",
        "limit=201",
        "limit=five",
        "limit=٣",
        "limit=" + "9" * 5000,
        "after=nonsense",
        "before=00000000",
        "after=" + "0" * 32 + "&before=" + "0" * 32,
        "stauts=failed",
        "script=a%00b",
    ],
)
def test_a_query_that_makes_no_sense_is_400(operator, query):
    assert is_error(operator.get(f"/runs/runs?{query}"), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/runs/runs/nope",
        "/runs/runs/00000000-0000-0000-0000-000000000000",
        "/runs/runs/%00",
        "/runs/runs/nope/log",
        "/runs/runs/nope/log?after=0",
        "/scripts/nope.py",
        "/scripts/../../etc/passwd",
        "/scripts/%00",
        "/nothing/here",
    ],
)
def test_what_is_not_there_is_404(operator, path):
    assert is_error(operator.get(path), 404)


@pytest.mark.parametrize("after", ["-1", "x", "9" * 30, ""])
def test_a_log_position_that_makes_no_sense_is_400(operator, make_run, after):
    assert is_error(operator.get(f"/runs/runs/{make_run().pk}/log?after={after}"), 400)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_a_method_that_a_route_does_not_have_is_405(operator, hello, method):
    assert is_error(getattr(operator, method)("/runs/runs"), 405)
    assert is_error(getattr(operator, method)("/scripts/hello.py"), 405)


def test_a_database_that_is_away_is_503(operator, monkeypatch):
    def fail(self, user):
        raise OperationalError("database is locked")

    monkeypatch.setattr(ScriptQuerySet, "visible_to", fail)

    answer = operator.get("/runs/runs?script=hello.py")

    assert is_error(answer, 503, "database_unavailable")
    assert answer["Retry-After"]
