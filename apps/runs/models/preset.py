"""Preset: parameters of a script under a name, to fill in its form from."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.scripts.models import Script

MAX_NAME = 80


class PresetQuerySet(models.QuerySet["Preset"]):
    def visible_to(self, user: User | AnonymousUser) -> PresetQuerySet:
        """A person's own, and those that others share; not the script's own limits."""
        return self.filter(Q(owner=user.pk) | Q(shared=True))


class Preset(models.Model):
    """Neither secrets nor files are in it, and what is required may be lacking."""

    script = models.ForeignKey(
        Script,
        verbose_name=_("script"),
        on_delete=models.CASCADE,
        # The constraint below has an index that begins with it.
        db_index=False,
        related_name="+",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="+",
    )
    name = models.CharField(_("name"), max_length=MAX_NAME)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    # Whether all who may run the script are offered it.
    shared = models.BooleanField(_("shared"), default=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        verbose_name = _("preset")
        verbose_name_plural = _("presets")
        ordering = ["name", "id"]
        # Who may run a script has presets for it.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="runs_preset_one_of_a_name", fields=["script", "owner", "name"]
            )
        ]

    def __str__(self) -> str:
        return self.name
