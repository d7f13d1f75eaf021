"""Users, roles and tokens in the console: who may sign in, and what still works."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Token
from tests.integration.planning.conftest import text_of

pytestmark = pytest.mark.django_db


def test_a_token_says_whether_it_works(admin_client, admin_user):
    now = timezone.now()
    ends = {
        "works": {},
        "is old": {"expires_at": now - timedelta(days=1)},
        "is off": {"revoked_at": now},
    }
    for number, (name, end) in enumerate(ends.items()):
        Token.objects.create(
            name=name,
            user=admin_user,
            prefix=str(number) * 8,
            digest=name,
            scopes="read",
            **end,
        )

    text = text_of(admin_client.get(reverse("admin:accounts_token_changelist")))

    for sentence in ("works valid", "is old expired", "is off revoked"):
        assert sentence in text


def test_users_are_listed_with_what_they_may(admin_client, make_user):
    make_user("ann", "Operator", "Viewer", is_staff=True)
    make_user("bot")
    make_user("gone", is_active=False)

    text = text_of(admin_client.get(reverse("admin:auth_user_changelist")))

    assert "admin administrator" in text
    assert "ann console Operator, Viewer" in text
    assert "bot API only" in text
    assert "gone disabled" in text


def test_roles_are_listed_with_how_many_have_them(admin_client, make_user):
    make_user("ann", "Operator")

    text = text_of(admin_client.get(reverse("admin:auth_group_changelist")))

    assert "Operator 1" in text
    assert "Viewer 0" in text


def test_when_somebody_signed_in_is_not_to_be_typed(admin_client, admin_user):
    url = reverse("admin:auth_user_change", args=[admin_user.pk])

    text = admin_client.get(url).content.decode()

    assert 'name="date_joined_0"' not in text
    assert 'class="readonly"><time datetime="' in text
