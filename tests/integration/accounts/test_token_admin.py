"""Tokens in the admin: made, shown once, revoked; others' are not to be seen."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from apps.accounts import services
from apps.accounts.models import Token

pytestmark = pytest.mark.urls("tests.integration.accounts.urls")
LIST = "/admin/accounts/token/"
FORM = {"name": "ci", "scopes": ["read", "run"], "days": "90"}


@pytest.fixture
def root(make_caller):
    return make_caller("root", is_superuser=True, is_staff=True)


@pytest.fixture
def staff(make_caller):
    verbs = ("view", "add", "change", "delete")
    permissions = [f"accounts.{verb}_token" for verb in verbs]
    return make_caller("ann", *permissions, is_staff=True)


def text_in(response):
    """Return the token that a page shows."""
    found = re.findall(r"hub_[a-z0-9]{8}_[\w-]{43}", response.content.decode())
    return found[0] if found else None


def add(client, whose, **changes):
    data = {**FORM, "user": whose.pk, **changes}
    return client.post(f"{LIST}add/", data, follow=True)


def revoke(client, *tokens):
    chosen = {"action": "revoke_selected", "_selected_action": [t.pk for t in tokens]}
    return client.post(LIST, chosen, follow=True)


def test_a_new_token_is_shown_once_and_works(client, root):
    client.force_login(root)
    token = services.find_token(text_in(add(client, root)))
    assert (token.user, token.name, token.scopes) == (root, "ci", "read,run")
    assert text_in(client.get(LIST)) is None


def test_the_form_offers_what_is_safe(client, root):
    client.force_login(root)
    form = client.get(f"{LIST}add/").context["adminform"].form
    assert form["scopes"].initial == ("read", "run")
    assert (form["days"].initial, form["user"].initial) == (90, root.pk)


def test_zero_days_means_for_ever(client, root):
    client.force_login(root)
    add(client, root, days="0")
    assert Token.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "A token needs a name."),
        ({"name": "  "}, "A token needs a name."),
        ({"name": "a\u202eb"}, "cannot be printed"),
        ({"name": "a\0b"}, "Null characters are not allowed"),
        ({"name": "old"}, "choose another name"),
        ({"scopes": []}, "This field is required"),
        ({"scopes": ["root"]}, "root is not one of the available choices"),
        ({"days": "-1"}, "greater than or equal to 0"),
        ({"days": "3651"}, "less than or equal to 3650"),
        ({"user": "0"}, "not one of the available choices"),
    ],
)
def test_wrong_input_is_answered_beside_the_field(
    client, root, make_token, changes, sentence
):
    make_token(root, "old")
    client.force_login(root)
    response = add(client, root, **changes)
    assert sentence in response.content.decode()
    assert Token.objects.count() == 1


def test_a_superuser_makes_tokens_for_others_who_are_active(client, root, make_caller):
    bob, gone = make_caller("bob"), make_caller("gone", is_active=False)
    client.force_login(root)
    add(client, bob)
    add(client, gone)
    assert [token.user for token in Token.objects.all()] == [bob]


def test_anybody_else_makes_them_for_themselves_only(client, staff, root):
    client.force_login(staff)
    add(client, root)
    assert not Token.objects.exists()
    add(client, staff)
    assert Token.objects.get().user == staff


def test_a_superuser_sees_everybodys_and_anybody_else_their_own(
    client, staff, root, make_token
):
    make_token(staff, "mine")
    others, _text = make_token(root, "others")
    client.force_login(staff)
    page = client.get(LIST).content.decode()
    assert "mine" in page
    assert "others" not in page
    assert client.get(f"{LIST}{others.pk}/change/").status_code == 302
    client.force_login(root)
    assert "mine" in client.get(LIST).content.decode()


def test_revoking_stops_tokens_which_stay_in_the_list(client, root, make_token):
    first, text = make_token(root, "first")
    second, _text = make_token(root, "second")
    client.force_login(root)
    page = revoke(client, first, second).content.decode()
    assert services.find_token(text) is None
    assert "Revoked 2 tokens." in page
    assert "first" in page
    assert LogEntry.objects.filter(change_message="Revoked.").count() == 2


def test_nobody_revokes_the_tokens_of_others(client, staff, root, make_token):
    token, text = make_token(root)
    client.force_login(staff)
    revoke(client, token)
    assert services.find_token(text) == token


def test_revoking_needs_the_permission(client, make_caller, make_token):
    viewer = make_caller("eve", "accounts.view_token", is_staff=True)
    token, text = make_token(viewer)
    client.force_login(viewer)
    assert "revoke_selected" not in client.get(LIST).content.decode()
    revoke(client, token)
    assert services.find_token(text) == token


def test_nothing_of_a_token_can_be_changed(client, root, make_token):
    token, _text = make_token(root)
    client.force_login(root)
    response = client.post(f"{LIST}{token.pk}/change/", {**FORM, "name": "new"})
    assert response.status_code == 403
    assert Token.objects.get().name == "ci"


def test_tokens_are_revoked_together_but_not_deleted_together(client, root, make_token):
    make_token(root)
    client.force_login(root)
    page = client.get(LIST).content.decode()
    assert "revoke_selected" in page
    assert "delete_selected" not in page


def test_a_user_with_tokens_can_still_be_deleted(client, root, make_caller, make_token):
    bob = make_caller("bob")
    make_token(bob)
    client.force_login(root)
    address = reverse("admin:auth_user_delete", args=[bob.pk])
    client.post(address, {"post": "yes"})
    assert not Token.objects.exists()


@pytest.mark.parametrize("page", ["", "{}/change/", "{}/history/", "{}/delete/"])
def test_no_page_shows_what_is_stored(client, root, make_token, page):
    token, text = make_token(root)
    client.force_login(root)
    response = client.get(LIST + page.format(token.pk))
    assert response.status_code == 200
    assert token.name in response.content.decode()
    assert token.digest not in response.content.decode()
    assert text[13:] not in response.content.decode()


@pytest.mark.parametrize("query", ["?q=ci", "?q=bob", "?revoked_at__isnull=True"])
def test_the_list_can_be_searched_and_filtered(client, root, make_token, query):
    make_token(root, "ci")
    client.force_login(root)
    assert client.get(LIST + query).status_code == 200


def test_staff_without_permissions_see_nothing(client, make_caller):
    client.force_login(make_caller("eve", is_staff=True))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
