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
