"""Artifact: a file that a run left."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.runs.models.run import Run


class Artifact(models.Model):
    """A file kept in the `artifacts` storage under `path`; `name` is only data."""

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="artifacts", db_index=False
    )
    name = models.CharField(_("name"), max_length=255)
    path = models.CharField(max_length=255, editable=False)
    size_bytes = models.BigIntegerField(_("size in bytes"))
    content_type = models.CharField(_("content type"), max_length=127)
    sha256 = models.CharField(_("checksum"), max_length=64)

    class Meta:
        verbose_name = _("artifact")
        verbose_name_plural = _("artifacts")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(name="runs_artifact_name", fields=["run", "name"])
        ]

    def __str__(self) -> str:
        return self.name
