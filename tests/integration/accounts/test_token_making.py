"""What create_token refuses, and what it makes of what it accepts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "needs a name"),
        (" \t", "needs a name"),
        ("a\nb", "cannot be printed"),
        ("a\0b", "cannot be printed"),
        ("a\u202eb", "cannot be printed"),
        ("x" * 101, "at most 100 characters"),
    ],
)
def test_a_name_that_is_none_is_refused(make_caller, make_token, name, sentence):
    with pytest.raises(InvalidInput, match=sentence) as caught:
        make_token(make_caller(), name)
    assert list(caught.value.fields) == ["name"]


def test_a_user_has_one_token_of_a_name(make_caller, make_token):
    user = make_caller()
    make_token(user, "ci")
    with pytest.raises(InvalidInput, match="choose another name") as caught:
        make_token(user, " ci ")
    assert list(caught.value.fields) == ["name"]


def test_two_users_may_name_their_tokens_alike(make_caller, make_token):
    make_token(make_caller("ann"), "ci")
    token, _text = make_token(make_caller("bob"), "ci")
    assert token.user.username == "bob"


def test_an_unknown_scope_is_named(make_caller, make_token):
    with pytest.raises(InvalidInput, match=r"'root' is not a scope.*read, run, manage"):
        make_token(make_caller(), scopes=["read", "root"])


def test_no_scope_at_all_is_refused(make_caller, make_token):
    with pytest.raises(InvalidInput, match="at least one scope of: read, run, manage"):
        make_token(make_caller(), scopes=[])


def test_scopes_are_kept_in_one_order_and_once(make_caller, make_token):
    token, _text = make_token(make_caller(), scopes=["manage", "read", "read"])
    token.refresh_from_db()
    assert token.scopes == "read,manage"


@pytest.mark.parametrize("days", [-1, 3651, 999_999_999])
def test_a_lifetime_out_of_range_is_refused(make_caller, make_token, days):
    with pytest.raises(InvalidInput, match="at least one and at most 3650 days"):
        make_token(make_caller(), lifetime=timedelta(days=days))


def test_an_inactive_user_gets_no_token(make_caller, make_token):
    with pytest.raises(InvalidInput, match="ann is not active"):
        make_token(make_caller("ann", is_active=False))
