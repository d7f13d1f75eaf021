"""A signed-in browser gets pages; a program gets JSON."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def pages(run):
    one = f"/runs/runs/{run.pk}"
    return [
        *("/scripts", "/scripts/hello.py", "/runs", "/runs/runs", "/meta", "/health"),
        *(one, f"{one}/log", f"{one}/log?after=0"),
        *("/tasks", "/schedules", "/freezes"),
    ]


def test_a_signed_in_browser_gets_a_page_on_every_route(api_as, make_run):
    client = api_as("Operator")

    for path in pages(make_run()):
        answer = client.get(path, headers=BROWSER)
        assert answer.status_code == 200, path
        assert answer["Content-Type"].startswith("text/html"), path


def test_a_program_gets_json_or_text(api_as, make_run):
    client = api_as("Operator")

    for path in pages(make_run()):
        answer = client.get(path, headers={"accept": "*/*"})
        assert answer.status_code == 200, path
        assert not answer["Content-Type"].startswith("text/html"), path


def test_a_browser_without_a_session_gets_json(api):
    answer = api.get("/runs/runs", headers=BROWSER)

    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/json"


def test_the_page_takes_raw_json_and_has_no_html_form(api_as, hello):
    page = api_as("Operator").get("/runs/runs", headers=BROWSER).content.decode()

    assert 'name="_content"' in page
    assert 'name="script_name"' not in page


def test_what_a_script_printed_is_shown_as_text(api_as, make_run):
    run = make_run(parameters={"name": "<script>alert(1)</script>"})

    page = api_as("Viewer").get(f"/runs/runs/{run.pk}", headers=BROWSER)

    assert "<script>alert(1)" not in page.content.decode()


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_documents_load_nothing_from_elsewhere(api, path):
    page = api.get(path, headers=BROWSER).content.decode()

    assert "/static/drf_spectacular_sidecar/" in page
    assert "//cdn" not in page
    assert "https://" not in page


def test_redoc_may_not_show_a_picture_from_elsewhere(api):
    page = api.get("/redoc", headers=BROWSER).content.decode()

    assert "img-src 'self' data:;" in page
