"""FreezeWindow: a time in which schedules do not fire."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.tasks.models.task import Task


class FreezeQuerySet(models.QuerySet["FreezeWindow"]):
    def between(self, since: datetime, until: datetime) -> FreezeQuerySet:
        """Windows that have a moment in common with this time."""
        return self.filter(start__lte=until, end__gt=since)


class FreezeWindow(models.Model):
    """A time in which nothing is started by a schedule, and by a person with a reason.

    It holds for one task, for the tasks that bear a tag, or for all.
    """

    reason = models.CharField(_("reason"), max_length=200)
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    task = models.ForeignKey(
        Task,
        verbose_name=_("task"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="freezes",
        help_text=_("Empty: all tasks, or those of the tag."),
    )
    tag = models.CharField(_("tag"), max_length=40, blank=True, default="")

    objects = FreezeQuerySet.as_manager()

    class Meta:
        verbose_name = _("freeze window")
        verbose_name_plural = _("freeze windows")
        ordering = ["-start"]
        indexes = [models.Index(fields=["end", "start"], name="tasks_freeze_times")]
        constraints = [
            models.CheckConstraint(
                name="tasks_freeze_end_after_start",
                condition=Q(end__gt=models.F("start")),
                violation_error_message=_("The end must come after the start."),
            ),
            models.CheckConstraint(
                name="tasks_freeze_one_scope",
                condition=Q(task=None) | Q(tag=""),
                violation_error_message=_("Say either a task or a tag, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return self.reason

    def concerns(self, task: Task) -> bool:
        """Whether it is about this task."""
        if self.task_id is not None:
            return bool(self.task_id == task.pk)
        return not self.tag or self.tag in task.tags
