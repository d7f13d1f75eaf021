"""ConcurrencyGroup: how many runs of a group go on at once."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.scripts.manifest import MAX_RUNNING, QUEUE_NAME

check_group_name = RegexValidator(
    rf"^(?:{QUEUE_NAME.pattern})\Z",
    _("Write up to 63 lower-case letters, digits, - and _, such as database."),
)


class ConcurrencyGroup(models.Model):
    """How many runs of a group may go on at once, whatever their scripts and queues.

    A group that has no row has the size 1. The size is looked up whenever a run is
    claimed: a smaller one ends no run, but starts none until enough have ended.
    """

    name = models.CharField(
        _("name"),
        max_length=64,
        unique=True,
        validators=[check_group_name],
        help_text=_("As tasks and the headers of scripts name it."),
    )
    max_running = models.PositiveSmallIntegerField(
        _("runs at once"),
        default=1,
        help_text=_("1 to 1000. A group that is not listed here has 1."),
    )
    notes = models.TextField(_("notes"), blank=True, default="")

    class Meta:
        verbose_name = _("concurrency group")
        verbose_name_plural = _("concurrency groups")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="tasks_concurrencygroup_max_running_range",
                condition=models.Q(max_running__gte=1, max_running__lte=MAX_RUNNING),
                violation_error_message=_("A group has 1 to 1000 runs at once."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
