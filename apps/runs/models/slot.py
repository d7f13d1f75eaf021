"""Slot: a running run's place under a limit."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.runs.models.run import Run


class Slot(models.Model):
    """Place number `n`, from 1, under the limit `key`: "script:7" or "group:database".

    A run takes its slots in the transaction of its claim and gives them up in the one
    that ends or releases it. That no place is taken twice is the database's to refuse.
    """

    key = models.CharField(max_length=80)
    n = models.PositiveSmallIntegerField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="slots")

    class Meta:
        verbose_name = _("slot")
        verbose_name_plural = _("slots")
        constraints = [
            models.UniqueConstraint(name="runs_slot_taken_once", fields=["key", "n"])
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.n}"
