"""The ledger: what became of each planned fire of a schedule."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.runs.models.run import Run
from apps.tasks.models import Schedule, Task


class Outcome(models.TextChoices):
    """What became of a planned fire."""

    STARTED = "started", pgettext_lazy("outcome", "started")
    LATE = "late", _("late")
    SKIPPED = "skipped", _("skipped")
    MISSED = "missed", _("missed")
    # Not for long: its run is made as soon as the one before has ended.
    WAITING = "waiting", _("waiting")


class Cause(models.TextChoices):
    """Why a fire was skipped, missed or has to wait."""

    OVERLAP = "overlap", _("the run before was still active")
    PAUSED = "paused", _("paused")
    FREEZE = "freeze", _("freeze window")
    DISABLED = "disabled", _("disabled")
    REFUSED = "refused", _("the run was refused")
    OUTAGE = "outage", _("no cluster was there")
    TOO_LATE = "too_late", _("too late")


class Alarm(models.Model):
    """How far the ledger of a schedule is written, and when to go on.

    Every fire up to `written_until` has its row; none after it has one. Only who locks
    this row moves it.
    """

    schedule = models.OneToOneField(
        Schedule, on_delete=models.CASCADE, primary_key=True, related_name="alarm"
    )
    written_until = models.DateTimeField()
    # When it has to ring next; null: never, unless it is changed.
    rings_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "alarm"
        indexes = [
            models.Index(
                fields=["rings_at"],
                name="runs_alarm_due",
                condition=Q(rings_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.rings_at}"


class Occurrence(models.Model):
    """One planned fire, or a range of `count` fires that met the same fate.

    `scheduled_for` is the first moment of a range, `until` its last one, null for a
    single fire.
    """

    schedule = models.ForeignKey(
        Schedule,
        verbose_name=_("schedule"),
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
    )
    # As they were, which outlives the schedule.
    schedule_key = models.BigIntegerField(editable=False)
    label = models.CharField(_("schedule"), max_length=200, blank=True, default="")
    task = models.ForeignKey(
        Task,
        verbose_name=_("task"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="+",
    )
    scheduled_for = models.DateTimeField(_("scheduled for"))
    until = models.DateTimeField(_("until"), null=True)
    count = models.PositiveBigIntegerField(_("fires"), default=1)
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome)
    cause = models.CharField(
        _("cause"), max_length=8, choices=Cause, blank=True, default=""
    )
    # The words of whoever caused it: a pause's reason, an error's sentence.
    detail = models.TextField(_("detail"), blank=True, default="")
    late_s = models.FloatField(_("seconds late"), null=True)
    # Of a range: what planned its fires, which tells later where they lie.
    plan = models.JSONField(null=True, editable=False)
    run = models.ForeignKey(
        Run,
        verbose_name=_("run"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    written_at = models.DateTimeField(_("written"), auto_now_add=True)

    class Meta:
        verbose_name = _("planned fire")
        verbose_name_plural = _("planned fires")
        ordering = ["-scheduled_for", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="runs_occurrence_once", fields=["schedule_key", "scheduled_for"]
            ),
            models.CheckConstraint(
                name="runs_occurrence_range",
                condition=Q(until=None, count=1)
                | Q(until__gt=models.F("scheduled_for"), count__gt=1),
            ),
            models.CheckConstraint(
                name="runs_occurrence_cause",
                condition=Q(outcome__in=[Outcome.STARTED, Outcome.LATE], cause="")
                | (
                    Q(outcome__in=[Outcome.SKIPPED, Outcome.MISSED, Outcome.WAITING])
                    & ~Q(cause="")
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["task", "scheduled_for"], name="runs_occurrence_task"),
            models.Index(
                fields=["schedule"],
                name="runs_occurrence_waiting",
                condition=Q(outcome="waiting"),
            ),
            models.Index(fields=["scheduled_for"], name="runs_occurrence_age"),
            # Which fires were missed lately, of all tasks; a range ends with its last.
            models.Index(
                Coalesce("until", "scheduled_for"),
                name="runs_occurrence_missed",
                condition=Q(outcome="missed"),
            ),
            # Ranges are few, and any of them may reach into the time that is asked for.
            models.Index(
                fields=["task", "until"],
                name="runs_occurrence_ranges",
                condition=Q(until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.scheduled_for:%Y-%m-%dT%H:%M:%S%z} {self.outcome}"


class DayCount(models.Model):
    """What the ledger's rows of one day (UTC) came to, when retention put them together.

    `schedule_key` is the schedule's id, whether or not it is still there.
    """

    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    schedule_key = models.BigIntegerField()
    label = models.CharField(_("schedule"), max_length=200, blank=True, default="")
    day = models.DateField(_("day"))
    outcome = models.CharField(_("outcome"), max_length=7, choices=Outcome)
    cause = models.CharField(
        _("cause"), max_length=8, choices=Cause, blank=True, default=""
    )
    count = models.PositiveBigIntegerField(_("fires"))

    class Meta:
        verbose_name = _("fires of a day")
        verbose_name_plural = _("fires of a day")
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                name="runs_daycount_once",
                fields=["task", "schedule_key", "day", "outcome", "cause"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.day} {self.outcome} {self.count}"
