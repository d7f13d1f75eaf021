"""What a browser sees when there is nothing to see."""

from __future__ import annotations

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

BROWSER = {"accept": "text/html"}


@pytest.mark.parametrize(
    ("path", "status", "heading"),
    [
        ("/nothing/here", 404, "There is nothing here"),
        ("/admin/runs/run/00000000-0000-0000-0000-000000000000/log/", 404, "nothing"),
    ],
)
def test_a_browser_gets_a_page(admin_client, path, status, heading):
    answer = admin_client.get(path, headers=BROWSER)

    assert answer.status_code == status
    assert heading in answer.content.decode()


def test_what_a_role_does_not_allow_says_so(client, make_user, hello):
    client.force_login(make_user("ann", "Viewer", is_staff=True))

    answer = client.get(
        reverse("admin:runs_script_run", args=[hello.pk]), headers=BROWSER
    )

    assert answer.status_code == 403
    assert "Your role does not allow it" in answer.content.decode()


def test_a_program_gets_json_in_its_language(client):
    answer = client.get("/nothing/here", headers={"accept-language": "zh-hans"})

    assert answer.json()["code"] == "not_found"
    assert "\\u" not in answer.content.decode()


def test_a_page_speaks_the_readers_language(client):
    headers = {**BROWSER, "accept-language": "zh-hans"}

    page = client.get("/nothing/here", headers=headers).content.decode()

    assert 'lang="zh-hans"' in page
    assert "There is nothing here" not in page


def test_a_form_that_holds_too_much_says_how_much_it_may_hold(admin_client):
    answer = admin_client.post(
        reverse("admin:auth_group_add"), {"name": "x" * 2 * 2**20}, headers=BROWSER
    )
    page = answer.content.decode()
    assert answer.status_code == 413
    assert "1.0\xa0MB of text" in page
    assert "Nothing was done" in page


def test_a_form_of_too_many_values_says_how_many(admin_client):
    answer = admin_client.post(
        reverse("admin:auth_group_add"), {"name": ["x"] * 1001}, headers=BROWSER
    )
    assert answer.status_code == 413
    assert "1000 values" in answer.content.decode()


def test_a_failure_names_the_request_as_the_log_does(admin_client, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("on purpose")

    monkeypatch.setattr("apps.system.home.pages.home_context", fail)
    admin_client.raise_request_exception = False
    answer = admin_client.get("/admin/", headers=BROWSER | {"X-Request-ID": "r-17"})
    assert answer.status_code == 500
    assert "<code>r-17</code>" in answer.content.decode()
