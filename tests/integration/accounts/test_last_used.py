"""`last_used_at`: recorded, but at most once a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine

from apps.accounts import services
from apps.accounts.models import Token

MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_token_that_was_never_used_says_so(make_caller, make_token):
    token, _text = make_token(make_caller())
    token.refresh_from_db()
    assert token.last_used_at is None


def test_use_is_recorded_at_most_once_a_minute(make_caller, make_token):
    token, text = make_token(make_caller())
    seen = []
    with time_machine.travel(MADE, tick=False) as clock:
        for seconds in (0, 59, 1):
            clock.shift(timedelta(seconds=seconds))
            services.find_token(text)
            token.refresh_from_db()
            seen.append(token.last_used_at)
    assert seen == [MADE, MADE, MADE + timedelta(seconds=60)]


def test_within_the_minute_a_token_costs_one_query_and_no_write(
    make_caller, make_token, django_assert_num_queries
):
    _token, text = make_token(make_caller())
    services.find_token(text)
    with django_assert_num_queries(1):
        services.find_token(text)


def test_of_two_uses_at_once_one_writes(make_caller, make_token):
    token, _text = make_token(make_caller())
    rows = Token.objects.filter(pk=token.pk)
    assert rows.record_use(at=MADE) == 1
    assert rows.record_use(at=MADE + timedelta(seconds=59)) == 0


def test_a_token_that_fails_is_not_recorded_as_used(make_caller, make_token):
    token, text = make_token(make_caller())
    services.revoke_token(token=token)
    services.find_token(text)
    token.refresh_from_db()
    assert token.last_used_at is None
