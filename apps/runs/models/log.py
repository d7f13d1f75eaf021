"""LogChunk: what a script printed, in the order in which it came."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.runs.models.run import Run


class Stream(models.TextChoices):
    STDOUT = "stdout"
    STDERR = "stderr"
    # What the hub itself says in a log, such as where output was cut out.
    HUB = "hub"


class LogChunk(models.Model):
    """A stretch of one stream; `seq` counts from 1 over all streams of a run."""

    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    seq = models.PositiveIntegerField()
    stream = models.CharField(max_length=6, choices=Stream)
    text = models.TextField()
    # How many lines of both streams ended before it, those that were cut out later
    # included; null in rows from before this was written down.
    lines_before = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("log chunk")
        verbose_name_plural = _("log chunks")
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(name="runs_logchunk_seq", fields=["run", "seq"])
        ]
        indexes = [
            # Finds the cut among many rows, and costs the script's own rows nothing.
            models.Index(
                fields=["run", "seq"],
                name="runs_logchunk_hub",
                condition=models.Q(stream=Stream.HUB),
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.seq}"
