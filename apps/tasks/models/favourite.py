"""Favourite: a script or task that somebody keeps at hand."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.scripts.models import Script
from apps.tasks.models.task import Task


class Favourite(models.Model):
    """A script or a task on the home page of one person."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, db_index=False, related_name="favourites"
    )
    script = models.ForeignKey(
        Script, null=True, on_delete=models.CASCADE, related_name="+"
    )
    task = models.ForeignKey(
        Task, null=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="tasks_favourite_of_one",
                condition=Q(script=None, task__isnull=False)
                | Q(script__isnull=False, task=None),
            ),
            models.UniqueConstraint(
                name="tasks_favourite_script_once", fields=["user", "script"]
            ),
            models.UniqueConstraint(
                name="tasks_favourite_task_once", fields=["user", "task"]
            ),
        ]

    def __str__(self) -> str:
        return str(self.script or self.task)
