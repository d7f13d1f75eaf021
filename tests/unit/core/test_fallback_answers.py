"""Answers for what no view handled."""

from __future__ import annotations

import pytest
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.test import RequestFactory

from apps.core import context
from apps.core.api import fallbacks

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
CASES = [
    (lambda r: fallbacks.bad_request(r, Exception()), 400, "bad_request"),
    (lambda r: fallbacks.forbidden(r, PermissionDenied()), 403, "permission_denied"),
    (lambda r: fallbacks.not_found(r, Exception()), 404, "not_found"),
    (lambda r: fallbacks.bad_request(r, RequestDataTooBig()), 413, "too_large"),
    (fallbacks.server_error, 500, "server_error"),
]


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
@pytest.mark.parametrize(("view", "status", "code"), CASES)
def test_a_program_gets_the_one_shape_of_errors(view, status, code, accept):
    answer = view(RequestFactory().get("/nothing", headers={"Accept": accept}))
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert f'"code": "{code}"' in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/admin/nothing"])
@pytest.mark.parametrize(("view", "status", "code"), CASES)
def test_a_browser_gets_a_page(view, status, code, path):
    answer = view(RequestFactory().get(path, headers={"Accept": BROWSER}))
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("accept", ["*/*", "text/*"])
def test_the_console_answers_everybody_with_pages(accept):
    request = RequestFactory().get("/admin/nothing", headers={"Accept": accept})
    answer = fallbacks.not_found(request, Exception())
    assert answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("kind", [TooManyFieldsSent, TooManyFilesSent])
def test_a_form_of_too_many_parts_is_too_large_too(kind):
    request = RequestFactory().get("/nothing", headers={"Accept": BROWSER})
    answer = fallbacks.bad_request(request, kind())
    assert answer.status_code == 413
    assert "A form may hold" in answer.text


def test_our_own_fault_is_told_with_the_number_of_its_lines_and_without_a_database():
    # A query would fail this test.
    number = context.request_id.set("a1b2c3")
    answer = fallbacks.server_error(RequestFactory().get("/admin/"))
    context.request_id.reset(number)
    assert "<code>a1b2c3</code>" in answer.text
    assert "The portal failed" in answer.text
