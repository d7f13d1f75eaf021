"""A token may do what both its scopes and its user's permissions allow."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from tests.integration.accounts.urls import MAY_MANAGE, MAY_READ, MAY_RUN

pytestmark = pytest.mark.urls("tests.integration.accounts.urls")
CALLS = {"read": "GET", "run": "POST", "manage": "DELETE"}


@pytest.fixture
def editor(make_caller):
    return make_caller("ann", MAY_READ, MAY_RUN, MAY_MANAGE)


@pytest.mark.parametrize("scope", CALLS)
def test_a_scope_opens_what_it_names_and_nothing_else(call, editor, make_token, scope):
    _token, text = make_token(editor, scopes=[scope])
    got = {name: call("/notes", CALLS[name], token=text).status_code for name in CALLS}
    assert got == {name: 200 if name == scope else 403 for name in CALLS}


def test_the_sentence_names_the_missing_scope(call, editor, make_token):
    _token, text = make_token(editor, scopes=["read", "manage"])
    body = call("/notes", "POST", token=text).json()
    assert body["code"] == "permission_denied"
    assert 'lacks the scope "run"; it has: read,manage' in body["message"]


def test_a_scope_gives_nothing_that_the_user_may_not(call, make_caller, make_token):
    _token, text = make_token(make_caller("ann", MAY_READ), scopes=["read", "run"])
    assert call("/notes", token=text).status_code == 200
    assert call("/notes", "POST", token=text).status_code == 403


def test_the_token_of_a_superuser_is_bound_by_its_scopes(call, make_caller, make_token):
    root = make_caller("root", is_superuser=True)
    _token, text = make_token(root, scopes=["read"])
    assert call("/notes", token=text).status_code == 200
    assert call("/notes", "POST", token=text).status_code == 403


def test_a_session_does_not_widen_a_token(call, make_caller, make_token):
    client = Client()
    client.force_login(make_caller("root", is_superuser=True))
    _token, text = make_token(make_caller("ann", MAY_READ), scopes=["read"])
    assert call("/notes", client=client, token=text).json()["user"] == "ann"
    assert call("/notes", "POST", client=client, token=text).status_code == 403


def test_the_sentence_names_the_roles_that_have_the_permission(
    call, make_caller, make_token
):
    Group.objects.all().delete()
    for name in ("Runner", "Keeper"):
        group = Group.objects.create(name=name)
        group.permissions.add(Permission.objects.get(codename="add_token"))
    _token, text = make_token(make_caller("ann", MAY_READ))
    message = call("/notes", "POST", token=text).json()["message"]
    assert message == (
        "Your account lacks the permission accounts.add_token. Ask an administrator "
        "for a role that has it: Runner, Keeper."
    )


def test_the_sentence_says_when_no_role_has_the_permission(
    call, make_caller, make_token
):
    Group.objects.all().delete()
    _token, text = make_token(make_caller())
    message = call("/notes", "POST", token=text).json()["message"]
    assert message.endswith("accounts.add_token, and no role has it.")


def test_a_permission_of_the_group_counts(call, make_caller, make_token):
    user, group = make_caller(), Group.objects.create(name="Runner")
    group.permissions.add(Permission.objects.get(codename="add_token"))
    user.groups.add(group)
    _token, text = make_token(user)
    assert call("/notes", "POST", token=text).status_code == 200
