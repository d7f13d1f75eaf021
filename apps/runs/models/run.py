"""Run: one execution, from queued to a final status. The row is the truth."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.ids import uuid7
from apps.runs.fingerprints import LENGTH
from apps.runs.models.status import ACTIVE, FINAL, MOVES, Reason, RunStatus, Trigger
from apps.scripts.models import Script, ScriptVersion
from apps.tasks.models import ConcurrencyGroup, Schedule, Task


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User | AnonymousUser) -> RunQuerySet:
        """Runs of the scripts that `user` may know of."""
        if getattr(user, "is_superuser", False):
            return self
        return self.filter(script__in=Script.objects.visible_to(user).values("pk"))

    def due(self, queue: str) -> RunQuerySet:
        """Runs that a worker of `queue` may claim now, the best one first."""
        return self.ready().filter(queue=queue).with_room()

    def ready(self) -> RunQuerySet:
        """Queued runs whose time has come and is not over, the best one first."""
        return self.filter(
            Q(not_before=None) | Q(not_before__lte=Now()),
            Q(start_by=None) | Q(start_by__gt=Now()),
            status=RunStatus.QUEUED,
        ).order_by("-priority", "id")

    def with_room(self) -> RunQuerySet:
        """Leave out runs whose script or group has as many going as it may have.

        It costs a millisecond or two to put together, so whoever is in a hurry asks
        first whether one of the runs at hand `is_limited`.
        """
        return self.exclude(script__in=_full_scripts()).exclude(
            group__in=_full_groups()
        )

    def overdue(self) -> RunQuerySet:
        """Queued runs that may not be started any more."""
        return self.filter(status=RunStatus.QUEUED, start_by__lte=Now())

    def claimable(self, run_id: uuid.UUID) -> RunQuerySet:
        """The run, if nobody took or cancelled it and it has not waited too long."""
        in_time = Q(start_by=None) | Q(start_by__gt=Now())
        return self.filter(in_time, pk=run_id, status=RunStatus.QUEUED)

    def held(self, run_id: uuid.UUID, token: uuid.UUID) -> RunQuerySet:
        """The run, if it is still running under this claim."""
        return self.filter(pk=run_id, claim_token=token, status=RunStatus.RUNNING)

    def movable(self, to: RunStatus) -> RunQuerySet:
        """Those runs of this set whose status allows that one to follow."""
        sources = [status for status, targets in MOVES.items() if to in targets]
        return self.filter(status__in=sources)

    def move(self, to: RunStatus, *, reason: Reason, **changes: Any) -> int:
        """End those runs of this set whose status allows it; how many it ended.

        Callers narrow the set first (`filter(pk=…)`, `held(…)`). Terminal rows accept
        no move, so a worker that wakes up late changes nothing.
        """
        return self.movable(to).update(**final_values(to, reason=reason, **changes))

    def leaseless(self) -> RunQuerySet:
        """Running runs whose worker has not renewed its lease in time."""
        return self.filter(status=RunStatus.RUNNING, lease_until__lt=Now())

    def release_unbegun(self) -> int:
        """Queue again what was claimed by a worker that died before its go.

        The script of such a run provably never ran. `returns` counts the times.
        """
        return (
            self.leaseless()
            .filter(began_at=None)
            .update(
                status=RunStatus.QUEUED,
                claim_token=None,
                lease_until=None,
                claimed_at=None,
                worker="",
                resend_at=Now(),
                returns=F("returns") + 1,
            )
        )


def final_values(to: RunStatus, *, reason: Reason, **changes: Any) -> dict[str, Any]:
    """Return what a row has when its run ends: a moment, and no claim any more."""
    return {
        "status": to,
        "reason": reason,
        "finished_at": Now(),
        "claim_token": None,
        "lease_until": None,
        **changes,
    }


# Uncorrelated, and about running rows alone: looked up once a query, however many wait.
def _full_scripts() -> models.QuerySet[Any]:
    """Ids of the scripts that have as many runs going as they may have."""
    running = Run.objects.filter(status=RunStatus.RUNNING).order_by()
    limited = running.filter(script__max_running__isnull=False).values("script")
    return (
        limited.annotate(going=Count("pk"))
        .filter(going__gte=F("script__max_running"))
        .values("script")
    )


def _full_groups() -> models.QuerySet[Any]:
    """Names of the groups that have as many runs going as they may have."""
    running = Run.objects.filter(status=RunStatus.RUNNING).order_by()
    row = ConcurrencyGroup.objects.filter(name=OuterRef("group"))
    return (
        running.exclude(group="")
        .values("group")
        .annotate(going=Count("pk"))
        .filter(going__gte=Coalesce(Subquery(row.values("max_running")), 1))
        .values("group")
    )


class Run(models.Model):
    """One execution of a script. Never reopened; a retry is a new run."""

    id = models.UUIDField(_("run id"), primary_key=True, default=uuid7, editable=False)
    script = models.ForeignKey(
        Script,
        verbose_name=_("script"),
        null=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
    )
    # The names as they were, which outlive the rows they came from.
    script_name = models.CharField(_("script"), max_length=255)
    # The content that ran; empty until a worker has read it.
    script_sha256 = models.CharField(
        _("checksum"), max_length=64, blank=True, default=""
    )
    # The same, as it is kept with its source.
    version = models.ForeignKey(
        ScriptVersion,
        verbose_name=_("version"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
    )
    task = models.ForeignKey(
        Task,
        verbose_name=_("task"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
    )
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    secrets = models.JSONField(null=True, blank=True, editable=False)

    status = models.CharField(
        _("status"), max_length=9, choices=RunStatus, default=RunStatus.QUEUED
    )
    reason = models.CharField(
        _("reason"), max_length=8, choices=Reason, blank=True, default=""
    )
    # The technical half of the reason; the sentence is made of it when it is read.
    detail = models.TextField(_("detail"), blank=True, default="")
    # Of a failed one: what tells its error from others, by fingerprints.py. Null while
    # it has not failed, and of what ended without its worker.
    fingerprint = models.CharField(  # noqa: DJ001
        max_length=LENGTH, null=True, editable=False
    )
    exit_code = models.SmallIntegerField(_("exit code"), null=True, blank=True)
    signal = models.SmallIntegerField(_("signal"), null=True, blank=True)

    trigger = models.CharField(_("trigger"), max_length=8, choices=Trigger)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
    )
    requested_by_name = models.CharField(
        _("requested by"), max_length=150, blank=True, default=""
    )
    schedule = models.ForeignKey(
        Schedule,
        verbose_name=_("schedule"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,
        related_name="+",
    )
    scheduled_for = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    retry_of = models.ForeignKey(
        "self",
        verbose_name=_("retry of"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        # The constraint below has an index that begins with it.
        db_index=False,
        related_name="retries",
    )

    queue = models.CharField(_("queue"), max_length=64, default="default")
    priority = models.SmallIntegerField(_("priority"), default=0)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    # From then on it is not started any more, and ends as expired.
    start_by = models.DateTimeField(_("start by"), null=True, blank=True)
    # The task's or script's concurrency group, as it was when the run was accepted.
    group = models.CharField(
        _("concurrency group"), max_length=64, blank=True, default=""
    )
    timeout_s = models.FloatField(_("timeout in seconds"))
    # What a person said who started it in spite of a freeze window.
    note = models.CharField(_("note"), max_length=200, blank=True, default="")
    # How many messages were sent for it, and from when on the last counts as lost.
    sends = models.PositiveSmallIntegerField(default=0)
    resend_at = models.DateTimeField(default=timezone.now)

    worker = models.CharField(_("worker"), max_length=128, blank=True, default="")
    # Who holds the run: written by the claim, checked by whoever ends it.
    claim_token = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # How often a claim came to nothing before the script could begin.
    returns = models.PositiveSmallIntegerField(default=0)

    # The moment, and not the status of the same name, which some languages part.
    queued_at = models.DateTimeField(
        pgettext_lazy("moment", "queued"), default=timezone.now
    )
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    # Committed before the supervisor gets its go: null proves the script never ran.
    began_at = models.DateTimeField(_("began"), null=True, blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(
        _("cancel requested"), null=True, blank=True
    )
    # Which reason its end gets; empty: a user's.
    cancel_reason = models.CharField(
        max_length=8, choices=Reason, blank=True, default=""
    )

    cpu_s = models.FloatField(_("processor seconds"), null=True, blank=True)
    max_rss_bytes = models.BigIntegerField(_("peak memory"), null=True, blank=True)
    log_bytes = models.BigIntegerField(_("log size"), default=0)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        permissions = [("cancel_run", "Can cancel runs")]
        constraints = [
            models.CheckConstraint(
                name="runs_run_status_known", condition=Q(status__in=RunStatus.values)
            ),
            models.CheckConstraint(
                name="runs_run_finished_iff_not_active",
                condition=Q(status__in=ACTIVE, finished_at=None, reason="")
                | (Q(status__in=FINAL, finished_at__isnull=False) & ~Q(reason="")),
            ),
            models.CheckConstraint(
                name="runs_run_claimed_iff_running",
                condition=Q(
                    status=RunStatus.RUNNING,
                    claim_token__isnull=False,
                    lease_until__isnull=False,
                )
                | (
                    ~Q(status=RunStatus.RUNNING) & Q(claim_token=None, lease_until=None)
                ),
            ),
            models.UniqueConstraint(
                name="runs_run_one_retry_an_attempt", fields=["retry_of", "attempt"]
            ),
        ]
        indexes = [
            models.Index(
                "queue",
                F("priority").desc(),
                "id",
                name="runs_run_waiting",
                condition=Q(status=RunStatus.QUEUED),
            ),
            models.Index(
                fields=["lease_until"],
                name="runs_run_leases",
                condition=Q(status=RunStatus.RUNNING),
            ),
            models.Index(
                fields=["start_by"],
                name="runs_run_start_by",
                condition=Q(status=RunStatus.QUEUED, start_by__isnull=False),
            ),
            models.Index(fields=["status", "id"], name="runs_run_by_status"),
            models.Index(fields=["script", "id"], name="runs_run_by_script"),
            models.Index(
                fields=["script", "status", "id"], name="runs_run_by_script_status"
            ),
            # Without a script: only those whose script is no longer known.
            models.Index(
                fields=["script_name", "id"],
                name="runs_run_without_script",
                condition=Q(script=None),
            ),
            # Those that list choices for a form: few, and deleted soon.
            models.Index(
                fields=["id"],
                name="runs_run_of_choices",
                condition=Q(trigger=Trigger.CHOICES),
            ),
            # Most runs have no task, and cost these two nothing.
            models.Index(
                fields=["task", "id"],
                name="runs_run_by_task",
                condition=Q(task__isnull=False),
            ),
            models.Index(
                fields=["task", "script", "status", "id"],
                name="runs_run_by_task_script",
                condition=Q(task__isnull=False),
            ),
            # Which runs of a schedule are active: asked at each of its fires.
            models.Index(
                fields=["schedule"],
                name="runs_run_active_of_schedule",
                condition=Q(status__in=ACTIVE, schedule__isnull=False),
            ),
            models.Index(
                fields=["schedule", "id"],
                name="runs_run_by_schedule",
                condition=Q(schedule__isnull=False),
            ),
            models.Index(
                fields=["version"],
                name="runs_run_by_version",
                condition=Q(version__isnull=False),
            ),
            # Failures are few: which there were lately, and whether one is new. The
            # status stands in it so that SQLite takes this one, and sorts nothing.
            models.Index(
                fields=["status", "finished_at"],
                name="runs_run_failures",
                condition=Q(status=RunStatus.FAILED),
            ),
            models.Index(
                fields=["script", "fingerprint", "finished_at"],
                name="runs_run_fingerprints",
                condition=Q(status=RunStatus.FAILED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.script_name} {self.id}"

    @property
    def is_limited(self) -> bool:
        """Whether only so many runs of its script or group may go on at once."""
        limit = self.script.max_running if self.script is not None else None
        return bool(self.group) or limit is not None

    @property
    def is_active(self) -> bool:
        """Whether it is queued or running."""
        return self.status in ACTIVE
