"""Making, revoking and recognizing tokens."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField, DateTimeField
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import (
    PREFIX_LENGTH,
    USE_RECORDED_EVERY,
    Scope,
    Token,
    join_scopes,
)
from apps.core.errors import InvalidInput
from apps.core.prepared import Param, Prepared

DEFAULT_SCOPES = (Scope.READ.value, Scope.RUN.value)
DEFAULT_DAYS = 90
MAX_DAYS = 3650
PREFIX_LETTERS = string.ascii_lowercase + string.digits
SECRET_BYTES = 32
# `hub_` lets scanners of leaked secrets recognize it; 32 bytes make 43 characters.
TEXT = re.compile(rf"hub_([a-z0-9]{{{PREFIX_LENGTH}}})_[A-Za-z0-9_-]{{43}}")

# Asked with nearly every request.
USABLE = Prepared(
    lambda: (
        Token.objects.usable(at=Param("at", DateTimeField()))
        .select_related("user")
        .filter(prefix=Param("prefix", CharField()))
    )
)


def create_token(
    *,
    name: str,
    user: User,
    scopes: Collection[str],
    lifetime: timedelta | None,
) -> tuple[Token, str]:
    """Make a token and return it with its text, which is kept nowhere.

    `lifetime` is at most MAX_DAYS; None makes a token that never expires. Raises
    InvalidInput for an empty or taken name, an unknown scope or none, an inactive
    user, and a lifetime out of range.
    """
    now = timezone.now()
    prefix = "".join(secrets.choice(PREFIX_LETTERS) for _letter in range(PREFIX_LENGTH))
    text = f"hub_{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"
    token = Token(
        name=name.strip(),
        user=_checked_user(user),
        prefix=prefix,
        digest=_digest(text),
        scopes=_checked_scopes(scopes),
        created_at=now,
        expires_at=_expiry(now, lifetime),
    )
    try:
        token.full_clean()
    except ValidationError as exc:
        raise _invalid(exc) from exc
    try:
        with transaction.atomic():
            token.save(force_insert=True)
    except IntegrityError as exc:
        # Somebody took the name since the check above.
        sentence = _("That name has just been taken; choose another name.")
        raise InvalidInput(sentence, fields={"name": [sentence]}) from exc
    return token, text


def revoke_token(*, token: Token) -> bool:
    """Make a token stop working at once; False when it was revoked before."""
    revoked = Token.objects.filter(pk=token.pk).revoke(at=timezone.now()) == 1
    token.refresh_from_db(fields=["revoked_at"])
    return revoked


def find_token(text: str) -> Token | None:
    """Return the token that `text` is, with its user, and record that it was used.

    None when it is no token, or one that is expired, revoked or of an inactive user.
    Writes at most once a minute and token.
    """
    match = TEXT.fullmatch(text)
    if match is None:
        return None
    now = timezone.now()
    token = USABLE.first(prefix=match[1], at=now)
    if token is None or not hmac.compare_digest(token.digest, _digest(text)):
        return None
    last = token.last_used_at
    # Asked here too, since even an UPDATE of no row takes SQLite's write lock.
    if last is None or last <= now - USE_RECORDED_EVERY:
        Token.objects.filter(pk=token.pk).record_use(at=now)
    return token


def roles_with(permission: str) -> list[str]:
    """Return the names of the groups that have a permission (`runs.view_run`)."""
    app_label, _dot, codename = permission.partition(".")
    groups = Group.objects.filter(
        permissions__codename=codename,
        permissions__content_type__app_label=app_label,
    )
    return list(groups.order_by("pk").values_list("name", flat=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _checked_user(user: User) -> User:
    if not user.is_active:
        sentence = _("%(user)s is not active, so a token of theirs would not work.")
        sentence %= {"user": user.get_username()}
        raise InvalidInput(sentence, fields={"user": [sentence]})
    return user


def _checked_scopes(scopes: Collection[str]) -> str:
    unknown = sorted(set(scopes) - set(Scope.values))
    if scopes and not unknown:
        return join_scopes(scopes)
    known = ", ".join(Scope.values)
    if unknown:
        sentence = _("%(scope)r is not a scope; there are: %(known)s.")
        sentence %= {"scope": unknown[0], "known": known}
    else:
        sentence = _("A token needs at least one scope of: %(known)s.")
        sentence %= {"known": known}
    raise InvalidInput(sentence, fields={"scopes": [sentence]})


def _expiry(now: datetime, lifetime: timedelta | None) -> datetime | None:
    if lifetime is None:
        return None
    if timedelta(0) < lifetime <= timedelta(days=MAX_DAYS):
        return now + lifetime
    sentence = _("A token lives at least one and at most %(days)d days, or for ever.")
    sentence %= {"days": MAX_DAYS}
    raise InvalidInput(sentence, fields={"days": [sentence]})


def _invalid(exc: ValidationError) -> InvalidInput:
    """Return Django's validation error as ours, its first sentence as the message."""
    # The only rule over several fields is that a user's tokens differ in name.
    fields = {
        "name" if field == NON_FIELD_ERRORS else field: sentences
        for field, sentences in exc.message_dict.items()
    }
    return InvalidInput(exc.messages[0], fields=fields)
