"""Task: a saved use of a script."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import connections, models
from django.db.models import F, Func, Value
from django.utils.translation import gettext_lazy as _

from apps.scripts.models import Script
from apps.tasks.models.group import check_group_name

MAX_RETRIES = 10
MAX_RETRY_WAIT_S = 3600.0
MAX_START_WITHIN_S = 366 * 86400.0


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: User | AnonymousUser) -> TaskQuerySet:
        """Tasks of the scripts that `user` may know of.

        A task is no way around the limits of its script, nor a way to learn its name.
        """
        if getattr(user, "is_superuser", False):
            return self
        return self.filter(script__in=Script.objects.visible_to(user).values("pk"))

    def tagged(self, tag: str) -> TaskQuerySet:
        """Tasks that bear a tag."""
        if connections[self.db].vendor == "postgresql":
            return self.filter(tags__contains=[tag])
        # SQLite cannot ask JSON what it contains, but can take it apart.
        return self.filter(
            Func(
                F("tags"),
                Value(tag),
                template="EXISTS (SELECT 1 FROM json_each(%(expressions)s)",
                arg_joiner=") AS tag WHERE tag.value = ",
                output_field=models.BooleanField(),
            )
        )


class Task(models.Model):
    """A saved use of a script: its parameters, limits and policies."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    script = models.ForeignKey(
        Script, verbose_name=_("script"), on_delete=models.PROTECT, related_name="tasks"
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    # The ciphertexts of the secrets among them; null is none.
    secrets = models.JSONField(null=True, blank=True, editable=False)
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
    start_within_s = models.FloatField(
        _("start within seconds"),
        null=True,
        blank=True,
        help_text=_(
            "A run that has waited longer is not started, and fails as expired. Empty: "
            "it waits for ever."
        ),
    )
    group = models.CharField(
        _("concurrency group"),
        max_length=64,
        blank=True,
        default="",
        validators=[check_group_name],
        help_text=_(
            "Of the runs of one group only so many go on at once as the group allows, "
            "or 1. Empty: the script's own, if it has one."
        ),
    )
    retries = models.PositiveSmallIntegerField(
        _("retries"),
        blank=True,
        default=0,
        help_text=_(
            "How often a run that failed is tried again by itself, 0 to 10. Not when it "
            "was cancelled, refused or expired."
        ),
    )
    retry_wait_s = models.FloatField(
        _("seconds before a retry"),
        blank=True,
        default=30,
        help_text=_(
            "Before the first one; doubled for each further one, give or take a fifth, "
            "up to an hour."
        ),
    )
    idempotent = models.BooleanField(
        _("may be repeated safely"),
        default=False,
        help_text=_(
            "Only then is a run retried whose worker was lost: how far its script got "
            "is not known."
        ),
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
    tags = models.JSONField(
        _("tags"),
        default=list,
        blank=True,
        help_text=_("Words by which tasks are found, and frozen together."),
    )
    notes = models.TextField(_("notes"), blank=True, default="")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = TaskQuerySet.as_manager()

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
            models.CheckConstraint(
                name="tasks_task_start_within_range",
                condition=models.Q(start_within_s=None)
                | models.Q(
                    start_within_s__gt=0, start_within_s__lte=MAX_START_WITHIN_S
                ),
                violation_error_message=_(
                    "A run may wait for more than 0 seconds and up to 366 days."
                ),
            ),
            models.CheckConstraint(
                name="tasks_task_retries_range",
                condition=models.Q(retries__gte=0, retries__lte=MAX_RETRIES),
                violation_error_message=_("The retries go from 0 to 10."),
            ),
            models.CheckConstraint(
                name="tasks_task_retry_wait_range",
                condition=models.Q(
                    retry_wait_s__gte=0, retry_wait_s__lte=MAX_RETRY_WAIT_S
                ),
                violation_error_message=_(
                    "The wait before a retry goes from 0 to 3600 seconds."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def patience(self) -> timedelta | None:
        """For how long a run waits from when it may start; None for ever."""
        if self.start_within_s is None:
            return None
        return timedelta(seconds=self.start_within_s)
