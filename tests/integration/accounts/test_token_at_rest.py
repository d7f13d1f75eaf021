"""What is stored of a token, and what its text looks like."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts import services
from apps.accounts.models import Token


def test_the_text_has_a_shown_prefix_and_43_random_characters(make_caller, make_token):
    token, text = make_token(make_caller())
    assert re.fullmatch(r"hub_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", text)
    assert text.split("_")[1] == token.prefix


def test_two_tokens_share_nothing(make_caller, make_token):
    user = make_caller()
    first, second = make_token(user, "a")[1], make_token(user, "b")[1]
    assert first[4:12] != second[4:12]
    assert first[13:] != second[13:]


def test_only_the_sha256_of_the_whole_text_is_stored(make_caller, make_token):
    token, text = make_token(make_caller())
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_token WHERE id = %s", [token.pk])
        stored = [str(value) for value in cursor.fetchone()]
    assert hashlib.sha256(text.encode()).hexdigest() in stored
    assert not any(text[13:] in value for value in stored)


def test_a_stored_digest_is_no_token(make_caller, make_token):
    token, _text = make_token(make_caller())
    assert services.find_token(token.digest) is None
    assert services.find_token(f"hub_{token.prefix}_{token.digest[:43]}") is None


@pytest.mark.parametrize("scopes", ["", "root", "read,root", "run,read", "read,read"])
def test_the_database_refuses_scopes_that_are_none(make_caller, make_token, scopes):
    token, _text = make_token(make_caller())
    with pytest.raises(IntegrityError, match="scopes_known"), transaction.atomic():
        Token.objects.filter(pk=token.pk).update(scopes=scopes)
