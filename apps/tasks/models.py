"""Tasks: saved uses of a script."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.scripts.models import Script


class Task(models.Model):
    """A saved use of a script: its parameters, limits and policies."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    script = models.ForeignKey(
        Script, verbose_name=_("script"), on_delete=models.PROTECT, related_name="tasks"
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    timeout_s = models.FloatField(
        _("timeout in seconds"),
        null=True,
        blank=True,
        help_text=_("Empty: the script's own, else the hub's."),
    )
    queue = models.CharField(
        _("queue"),
        max_length=64,
        blank=True,
        default="",
        help_text=_("Empty: the script's own, else the default queue."),
    )
    priority = models.SmallIntegerField(
        _("priority"), default=0, help_text=_("Higher is sooner, -100 to 100.")
    )
    keep_days = models.PositiveIntegerField(
        _("days to keep runs"),
        null=True,
        blank=True,
        help_text=_("Empty: as the hub does. 0: for ever."),
    )
    keep_count = models.PositiveIntegerField(
        _("number of runs to keep"),
        null=True,
        blank=True,
        help_text=_("Empty: as the hub does. 0: no limit."),
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    notes = models.TextField(_("notes"), blank=True, default="")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="tasks_task_timeout_positive",
                condition=models.Q(timeout_s=None) | models.Q(timeout_s__gt=0),
                violation_error_message=_("The timeout must be above 0 seconds."),
            ),
            models.CheckConstraint(
                name="tasks_task_priority_range",
                condition=models.Q(priority__gte=-100, priority__lte=100),
                violation_error_message=_("The priority goes from -100 to 100."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
