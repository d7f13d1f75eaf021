"""Which permissions the pages of users and of roles offer."""

from __future__ import annotations

import pytest
from django.urls import reverse

PAGES = ["auth_group", "auth_user"]


@pytest.fixture(params=PAGES)
def text(request, admin_client, admin_user):
    if request.param == "auth_user":
        address = reverse("admin:auth_user_change", args=[admin_user.pk])
    else:
        address = reverse("admin:auth_group_add")
    return admin_client.get(address).content.decode()


def test_what_means_something_here_is_offered(text):
    assert "Runs: cancel" in text


def test_what_is_for_pages_that_are_not_there_is_not(text):
    assert "Django Q" not in text
    assert "Log entries: " not in text
