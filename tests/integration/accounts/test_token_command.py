"""`manage.py token`: make, list, revoke."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from apps.accounts import services
from apps.accounts.models import Token

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def run(*arguments):
    """Run the command; return what it wrote to stdout and to stderr."""
    out, err = StringIO(), StringIO()
    call_command("token", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_create_prints_the_token_and_nothing_else_on_stdout(make_caller):
    user = make_caller("ann")
    out, err = run("create", "ci", "--user", "ann")
    token = services.find_token(out.removesuffix("\n"))
    assert (token.user, token.name, token.scopes) == (user, "ci", "read,run")
    assert "shown this once" in err
    assert out.strip() not in err


def test_a_token_works_for_90_days_by_default(make_caller):
    make_caller("ann")
    with time_machine.travel(NOW, tick=False):
        _out, err = run("create", "ci", "--user", "ann")
    assert Token.objects.get().expires_at == NOW + timedelta(days=90)
    assert "expires at 2026-05-30 12:00+00:00" in err


def test_zero_days_means_for_ever(make_caller):
    make_caller("ann")
    _out, err = run("create", "ci", "--user", "ann", "--days", "0")
    assert Token.objects.get().expires_at is None
    assert "never expires" in err


def test_scopes_are_given_as_a_list(make_caller):
    make_caller("ann")
    run("create", "ci", "--user", "ann", "--scopes", "manage, read")
    assert Token.objects.get().scopes == "read,manage"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["create", "ci", "--user", "eve"], "no user named eve"),
        (["create", "", "--user", "ann"], "needs a name"),
        (["create", "old", "--user", "ann"], "choose another name"),
        (
            ["create", "ci", "--user", "ann", "--scopes", "root"],
            "'root' is not a scope",
        ),
        (["create", "ci", "--user", "ann", "--scopes", ","], "at least one scope"),
        (["create", "ci", "--user", "ann", "--days", "-1"], "at least one and at most"),
        (
            ["create", "ci", "--user", "ann", "--days", "99999999999"],
            "at least one and at most",
        ),
        (
            ["create", "ci", "--user", "ann", "--days", "-99999999999"],
            "at least one and at most",
        ),
        (["create", "ci", "--user", "ann", "--days", "x"], "invalid int value: 'x'"),
        (["create", "ci"], "required: --user"),
        (["revoke", "ci", "--user", "ann"], "ann has no token named ci"),
        (["revoke", "old", "--user", "eve"], "no user named eve"),
        (["list", "--user", "eve"], "no user named eve"),
        ([], "required: VERB"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    make_caller, make_token, arguments, sentence
):
    make_token(make_caller("ann"), "old")
    with pytest.raises(CommandError, match=sentence) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    assert Token.objects.count() == 1


def test_revoke_makes_a_token_stop_working(make_caller, make_token):
    _token, text = make_token(make_caller("ann"))
    out, _err = run("revoke", "ci", "--user", "ann")
    assert "Revoked the token ci of ann" in out
    assert services.find_token(text) is None


def test_a_token_is_revoked_once(make_caller, make_token):
    make_token(make_caller("ann"))
    run("revoke", "ci", "--user", "ann")
    with pytest.raises(CommandError, match="ci of ann was revoked before"):
        run("revoke", "ci", "--user", "ann")


def test_list_shows_tokens_of_everybody_also_revoked_ones(make_caller, make_token):
    with time_machine.travel(NOW, tick=False):
        make_token(make_caller("bob"), "web", lifetime=timedelta(days=1))
        token, _text = make_token(make_caller("ann"), "ci", scopes=["read"])
        services.revoke_token(token=token)
    heading, *rows = (line.split() for line in run("list")[0].splitlines())
    assert heading[:4] == ["USER", "NAME", "PREFIX", "SCOPES"]
    assert rows[0][:2] == ["ann", "ci"]
    assert rows[0][3:] == ["read", "never", "-", "2026-03-01", "12:00+00:00"]
    assert rows[1][3:] == ["read,run", "2026-03-02", "12:00+00:00", "-", "-"]


def test_list_can_be_limited_to_a_user(make_caller, make_token):
    make_token(make_caller("ann"), "ci")
    make_token(make_caller("bob"), "web")
    out, _err = run("list", "--user", "bob")
    assert "web" in out
    assert "ci" not in out


def test_list_never_shows_what_is_stored(make_caller, make_token):
    token, text = make_token(make_caller("ann"))
    out, _err = run("list")
    assert token.digest not in out
    assert text[13:] not in out
