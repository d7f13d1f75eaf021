"""Upload: a file that somebody sent for a parameter, and who needs it."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.ids import uuid7
from apps.runs.models.run import Run
from apps.tasks.models import Schedule, Task


class UploadQuerySet(models.QuerySet["Upload"]):
    def of(self, user: User | AnonymousUser | None) -> UploadQuerySet:
        """Those that `user` sent; None is the command line, which has its own.

        A caller without credentials has none.
        """
        if user is None:
            return self.filter(owner=None)
        return self.filter(owner=user.pk) if user.is_authenticated else self.none()

    def there(self) -> UploadQuerySet:
        """Those that can still be named: in time, or needed by somebody."""
        used = Exists(UploadUse.objects.filter(upload=OuterRef("pk")))
        return self.filter(Q(expires_at__gt=timezone.now()) | used)

    def unused(self) -> UploadQuerySet:
        """Those that no run, task or schedule needs."""
        return self.filter(~Exists(UploadUse.objects.filter(upload=OuterRef("pk"))))


class Upload(models.Model):
    """A file kept in the `artifacts` storage under `path`; `name` is only data."""

    id = models.UUIDField(
        _("upload id"), primary_key=True, default=uuid7, editable=False
    )
    # Null: the command line.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    name = models.CharField(_("name"), max_length=255)
    path = models.CharField(max_length=255, editable=False)
    size_bytes = models.BigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("checksum"), max_length=64)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    # From then on it goes, unless somebody needs it.
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class UploadUse(models.Model):
    """One run, task or schedule that needs an upload, which stays as long as it does."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="uses")
    run = models.ForeignKey(
        Run, null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    task = models.ForeignKey(
        Task, null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    schedule = models.ForeignKey(
        Schedule, null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )

    class Meta:
        verbose_name = "use of an upload"
        constraints = [
            models.CheckConstraint(
                name="runs_uploaduse_one_user",
                condition=Q(run__isnull=False, task=None, schedule=None)
                | Q(run=None, task__isnull=False, schedule=None)
                | Q(run=None, task=None, schedule__isnull=False),
            ),
            models.UniqueConstraint(
                name="runs_uploaduse_once_a_run", fields=["run", "upload"]
            ),
            models.UniqueConstraint(
                name="runs_uploaduse_once_a_task", fields=["task", "upload"]
            ),
            models.UniqueConstraint(
                name="runs_uploaduse_once_a_schedule", fields=["schedule", "upload"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.upload_id}"
