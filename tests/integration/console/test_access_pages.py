"""Users, roles and tokens in the console: who may sign in, and what still works."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import Token
from apps.runs.models.key import RequestKey
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


# What would speak of groups that are no concurrency groups.
GROUPS = re.compile(r"(?<!concurrency )\bgroups?\b|(?<!并发)组(?!合)")
PAGES = (
    "/admin/",
    "/admin/auth/",
    "/admin/auth/user/",
    "/admin/auth/user/add/",
    "/admin/auth/user/{user}/change/",
    "/admin/auth/group/",
    "/admin/auth/group/add/",
    "/admin/auth/group/{role}/change/",
    "/admin/scripts/script/{script}/change/",
)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("page", PAGES)
def test_a_role_is_called_so_everywhere(
    admin_client, admin_user, hello, page, language
):
    role = Group.objects.get(name="Viewer")
    hello.groups.add(role)
    path = page.format(user=admin_user.pk, role=role.pk, script=hello.pk)

    answer = admin_client.get(path, headers={"accept-language": language})

    text = text_of(answer)
    assert GROUPS.findall(text.casefold()) == []
    assert {"en": "Roles", "zh-hans": "角色"}[language] in text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_said_of_passwords_is_in_the_readers_language(
    admin_client, make_user, language
):
    ann = make_user("ann")
    pages = [
        reverse("admin:auth_user_add"),
        reverse("admin:auth_user_password_change", args=[ann.pk]),
    ]
    texts = [
        text_of(admin_client.get(page, headers={"accept-language": language}))
        for page in pages
    ]

    assert [bool(ENGLISH.search(text)) for text in texts] == [language == "en"] * 2


# A sentence of words that no translator has seen.
ENGLISH = re.compile(r"(?:\b[a-z]{2,}\b[ ,]+){5}")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_who_deletes_is_told_of_what_has_a_name(
    admin_client, make_user, hello, language
):
    ann = make_user("ann", "Operator")
    hello.groups.add(Group.objects.get(name="Operator"))
    services.create_token(name="ci", user=ann, scopes=["read"], lifetime=None)
    RequestKey.objects.create(
        owner=ann, key="k", fingerprint="f", run_id=uuid.UUID(int=1)
    )
    pages = [
        reverse("admin:auth_user_delete", args=[ann.pk]),
        reverse("admin:auth_group_delete", args=[ann.groups.get().pk]),
    ]
    for page in pages:
        text = text_of(admin_client.get(page, headers={"accept-language": language}))
        assert not re.search("relationship|request key|object \\(", text.casefold())
    user = text_of(admin_client.get(pages[0], headers={"accept-language": language}))
    assert {"en": "Tokens: 1", "zh-hans": "令牌: 1"}[language] in user
