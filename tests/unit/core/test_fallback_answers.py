"""Answers for what no view handled."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory

from apps.core.api import fallbacks

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
CASES = [
    (lambda r: fallbacks.bad_request(r, Exception()), 400, "bad_request"),
    (lambda r: fallbacks.forbidden(r, PermissionDenied()), 403, "permission_denied"),
    (lambda r: fallbacks.not_found(r, Exception()), 404, "not_found"),
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
