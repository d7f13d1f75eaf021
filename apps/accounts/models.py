"""Tokens: who may call the API without a browser, how far, and until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from itertools import combinations

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.prepared import Param

# Often enough to tell a live token from a forgotten one, rare enough that reading
# through the API stays free of writes.
USE_RECORDED_EVERY = timedelta(minutes=1)
PREFIX_LENGTH = 8


class Scope(models.TextChoices):
    """What a token may be used for, within what its user may do."""

    READ = "read", _("read: see scripts, tasks, runs and logs")
    RUN = "run", _("run: start and cancel runs")
    MANAGE = "manage", _("manage: change tasks, schedules and settings")


def join_scopes(scopes: Collection[str]) -> str:
    """Return scopes as they are stored: in the order of Scope, each once."""
    return ",".join(scope for scope in Scope.values if scope in scopes)


# Every set of at least one scope, as it is stored.
SCOPE_SETS = tuple(
    join_scopes(chosen)
    for count in range(1, len(Scope.values) + 1)
    for chosen in combinations(Scope.values, count)
)


def validate_name(value: str) -> None:
    """Refuse what would break a line of a terminal or a log, or hide in it."""
    if not value.isprintable():
        raise ValidationError(_("The name holds a character that cannot be printed."))


class TokenQuerySet(models.QuerySet["Token"]):
    """Verbs on many tokens; the clock is the caller's."""

    def usable(self, *, at: datetime | Param) -> TokenQuerySet:
        """Return those neither revoked nor expired, of users who are active."""
        unexpired = Q(expires_at=None) | Q(expires_at__gt=at)
        return self.filter(unexpired, revoked_at=None, user__is_active=True)

    def visible_to(self, user: User) -> TokenQuerySet:
        """Return all of them for a superuser, for anybody else their own."""
        return self.all() if user.is_superuser else self.filter(user=user)

    def revoke(self, *, at: datetime) -> int:
        """Revoke those that are not yet; the first moment of revocation stays."""
        return self.filter(revoked_at=None).update(revoked_at=at)

    def record_use(self, *, at: datetime) -> int:
        """Write `last_used_at` where it is older than USE_RECORDED_EVERY."""
        stale = Q(last_used_at=None) | Q(last_used_at__lte=at - USE_RECORDED_EVERY)
        return self.filter(stale).update(last_used_at=at)


class Token(models.Model):
    """A secret that a program sends to act as a user.

    Only its SHA-256 is kept: the text has 256 random bits, so a slow hash would add
    nothing but time to each request. A revoked token keeps its row and its name.
    """

    name = models.CharField(
        _("name"),
        max_length=100,
        validators=[validate_name],
        error_messages={"blank": _("A token needs a name.")},
        help_text=_("What it is used for, such as the program or the host."),
    )
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="tokens",
        verbose_name=_("user"),
        help_text=_("Whoever sends the token acts as this user."),
    )
    prefix = models.CharField(_("prefix"), max_length=PREFIX_LENGTH, unique=True)
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    scopes = models.CharField(_("scopes"), max_length=40)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        constraints = [
            models.UniqueConstraint(
                name="accounts_token_name_once_a_user",
                fields=["user", "name"],
                violation_error_message=_(
                    "This user has a token of that name, maybe a revoked one; "
                    "choose another name."
                ),
            ),
            models.CheckConstraint(
                name="accounts_token_scopes_known",
                condition=Q(scopes__in=SCOPE_SETS),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def has_scope(self, scope: str) -> bool:
        """Say whether the token may be used for `scope`; no scope implies another."""
        return scope in self.scopes.split(",")
