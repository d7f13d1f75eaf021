"""Answers to HEAD: a length, and no body."""

from __future__ import annotations

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from apps.system.middleware import HeadMiddleware


@pytest.fixture
def answer(rf):
    """Return what the middleware makes of a response."""

    def run(response, method="HEAD"):
        return HeadMiddleware(lambda request: response)(rf.generic(method, "/"))

    return run


def test_the_length_of_what_a_get_would_answer_stays(answer):
    response = answer(HttpResponse("four"))
    assert (response.content, response["Content-Length"]) == (b"", "4")


def test_an_answer_to_get_keeps_its_body(answer):
    assert answer(HttpResponse("four"), "GET").content == b"four"


# Closing an answer has Django look after its connections, which others left open.
@pytest.mark.django_db
def test_a_file_is_not_sent_and_closed_in_the_end(answer, tmp_path):
    (tmp_path / "made.txt").write_text("four")
    file = (tmp_path / "made.txt").open("rb")
    response = answer(FileResponse(file))
    # The server would send this file by itself.
    assert response.file_to_stream is None
    assert b"".join(response) == b""
    assert response["Content-Length"] == "4"
    response.close()
    assert file.closed


def test_a_stream_is_not_even_begun(answer):
    asked = []
    response = answer(StreamingHttpResponse(asked.append(n) for n in range(3)))
    assert b"".join(response) == b""
    assert asked == []
