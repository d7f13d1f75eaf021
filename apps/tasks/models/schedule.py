"""Schedule: when a task runs."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from apps.tasks.models.task import Task
from apps.tasks.timing import Cron, Every, Once, Plan, Rule, parse_every, parse_zone

MAX_LATENESS_S = 366 * 86400
DEFAULT_LATENESS_S = 600
"""How late a missed fire may still start where `missed` is `latest`."""


class Missed(models.TextChoices):
    """What becomes of fires that nobody could start in time."""

    SKIP = "skip", _("do not start them")
    LATEST = "latest", _("start the latest one")
    ALL = "all", _("start each of them, the latest 10 at most")


class Overlap(models.TextChoices):
    """What happens at a fire while a run of the schedule is active."""

    ALLOW = "allow", _("start another run beside it")
    SKIP = "skip", _("skip the fire")
    QUEUE = "queue", _("start one when it has ended")
    REPLACE = "replace", _("end it and start another")


class Schedule(models.Model):
    """When a task runs, and what becomes of a fire that cannot be kept.

    Exactly one of `cron`, `every_s` and `at` says when. `parameters` stand in the
    place of the task's of the same names.
    """

    task = models.ForeignKey(
        Task, verbose_name=_("task"), on_delete=models.CASCADE, related_name="schedules"
    )
    label = models.CharField(_("label"), max_length=80, blank=True, default="")
    parameters = models.JSONField(
        _("parameters"),
        default=dict,
        blank=True,
        help_text=_("They stand in the place of the task's of the same names."),
    )
    # The ciphertexts of the secrets among them; null is none.
    secrets = models.JSONField(null=True, blank=True, editable=False)
    cron = models.CharField(_("cron"), max_length=200, blank=True, default="")
    every_s = models.PositiveIntegerField(
        _("every so many seconds"),
        null=True,
        blank=True,
        help_text=_("Elapsed seconds, counted from the start."),
    )
    at = models.DateTimeField(_("once at"), null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64)
    start = models.DateTimeField(_("start"), null=True, blank=True)
    end = models.DateTimeField(_("end"), null=True, blank=True)
    jitter_s = models.PositiveIntegerField(
        _("jitter in seconds"),
        blank=True,
        default=0,
        help_text=_("Each run starts up to so much later, by chance."),
    )
    missed = models.CharField(
        _("missed fires"), max_length=6, choices=Missed, default=Missed.LATEST
    )
    max_lateness_s = models.PositiveIntegerField(
        _("latest start in seconds"),
        null=True,
        blank=True,
        help_text=_(
            "A run never starts more than so much after its time. Empty: 600 where the "
            "latest missed fire is started, else no limit."
        ),
    )
    overlap = models.CharField(
        _("overlap"), max_length=7, choices=Overlap, default=Overlap.SKIP
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created"), default=now)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["task__name", "id"]
        constraints = [
            models.CheckConstraint(
                name="tasks_schedule_one_rule",
                condition=Q(~Q(cron=""), every_s=None, at=None)
                | Q(cron="", every_s__isnull=False, at=None)
                | Q(cron="", every_s=None, at__isnull=False),
                violation_error_message=_("Say either cron, every so often or once."),
            ),
            models.CheckConstraint(
                name="tasks_schedule_end_after_start",
                condition=Q(start=None) | Q(end=None) | Q(end__gt=models.F("start")),
                violation_error_message=_("The end must come after the start."),
            ),
            models.CheckConstraint(
                name="tasks_schedule_lateness_range",
                condition=Q(max_lateness_s=None)
                | Q(max_lateness_s__gte=1, max_lateness_s__lte=MAX_LATENESS_S),
                violation_error_message=_(
                    "A run may be late by a second or more, up to 366 days."
                ),
            ),
            models.UniqueConstraint(
                name="tasks_schedule_label_once_a_task",
                fields=["task", "label"],
                condition=~Q(label=""),
                violation_error_message=_(
                    "The task has another schedule of that label."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.cron or f"{self.task} {self.pk}"

    @property
    def plan(self) -> Plan:
        """When it fires; raises TimingError for what was never checked."""
        zone = parse_zone(self.timezone)
        return Plan(rule=self.rule, zone=zone, start=self.start, end=self.end)

    @property
    def rule(self) -> Rule:
        """The rule of its plan; raises TimingError."""
        if self.every_s is not None:
            return Every(parse_every(self.every_s), self.start or self.created_at)
        if self.at is not None:
            return Once(self.at)
        return Cron(self.cron)

    @property
    def lateness_s(self) -> int | None:
        """How late a run of it may start; None where there is no limit."""
        if self.max_lateness_s is None and self.missed == Missed.LATEST:
            return DEFAULT_LATENESS_S
        return self.max_lateness_s

    def parameters_of_run(self) -> dict[str, object]:
        """The task's parameters, with its own in their place."""
        return {**self.task.parameters, **self.parameters}

    def secrets_of_run(self) -> dict[str, str]:
        """The ciphertexts of the secrets among them."""
        of_task = (self.task.secrets or {}).items()
        inherited = {
            name: token for name, token in of_task if name not in self.parameters
        }
        return inherited | (self.secrets or {})


class PauseQuerySet(models.QuerySet["Pause"]):
    def of(self, schedule: Schedule) -> PauseQuerySet:
        """Pauses of this schedule, and those of all."""
        return self.filter(Q(schedule=None) | Q(schedule=schedule.pk))

    def open(self, moment: datetime) -> PauseQuerySet:
        """Pauses that hold at that moment."""
        return self.filter(Q(until=None) | Q(until__gt=moment), since__lte=moment)


class Pause(models.Model):
    """From when to when one schedule, or all of them, does not fire.

    Kept when it is over, so that the ledger can tell later what it held back. `until`
    null: until somebody resumes it.
    """

    schedule = models.ForeignKey(
        Schedule,
        verbose_name=_("schedule"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="pauses",
    )
    since = models.DateTimeField(_("since"), default=now)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="")
    by = models.CharField(_("by"), max_length=150, blank=True, default="")

    objects = PauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["-since"]
        indexes = [models.Index(fields=["schedule", "since"], name="tasks_pause_of")]

    def __str__(self) -> str:
        return self.reason or str(self.since)
