"""Callers: users with permissions, their tokens, and how each of them calls."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from apps.accounts import services


@pytest.fixture
def make_caller(db):
    """Make a user with permissions written as `accounts.view_token`."""

    def make(username="ann", *permissions, **changes):
        user = User.objects.create_user(username, password="-", **changes)
        for permission in permissions:
            app_label, codename = permission.split(".")
            user.user_permissions.add(
                Permission.objects.get(
                    content_type__app_label=app_label, codename=codename
                )
            )
        return user

    return make


@pytest.fixture
def make_token():
    """Make a token of a user; returns the row and the text."""

    def make(user, name="ci", scopes=("read", "run"), lifetime=None):
        return services.create_token(
            name=name, user=user, scopes=scopes, lifetime=lifetime
        )

    return make


@pytest.fixture
def call(db):
    """Call a route the way curl does on this host; keywords become headers."""

    def send(path, method="GET", *, token=None, client=None, address="127.0.0.1", **h):
        headers = {"host": "localhost:8000"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        headers |= {name.replace("_", "-"): value for name, value in h.items()}
        return (client or Client()).generic(
            method, path, REMOTE_ADDR=address, headers=headers
        )

    return send


@pytest.fixture
def trust_loopback(settings):
    settings.ANONYMOUS_API = ["127.0.0.0/8", "::1"]
