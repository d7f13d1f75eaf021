"""Instance: which hub this database belongs to."""

from __future__ import annotations

import uuid

from django.db import models


class Instance(models.Model):
    """One row, made by a migration: the id that marks processes as this hub's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        verbose_name = "instance"

    def __str__(self) -> str:
        return str(self.id)
