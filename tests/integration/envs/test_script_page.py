"""The page of a script says what it depends on."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.packages import block

pytestmark = pytest.mark.django_db


def page_of(script, admin_client):
    url = reverse("admin:scripts_script_change", args=[script.pk])
    return admin_client.get(url).content.decode()


def test_dependencies_are_shown_as_text(add_script, admin_client):
    page = page_of(add_script("own.py", block("b>=1,<2", python=">=3.9")), admin_client)

    assert "<p>b&gt;=1,&lt;2</p>" in page
    assert "&gt;=3.9" in page


def test_a_script_without_any_says_where_it_runs(hello, admin_client):
    assert "runs in the hub&#x27;s own environment" in page_of(hello, admin_client)
