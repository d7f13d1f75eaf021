"""Instance: which hub this database belongs to."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class InstanceManager(models.Manager["Instance"]):
    def own(self) -> Instance:
        """Return this hub's row; make it anew where somebody emptied the tables.

        `manage.py flush` does. Of several processes that make it at once one does, and
        the others get its row.
        """
        return self.get_or_create()[0]


class Instance(models.Model):
    """One row, made by a migration: the id that marks processes as this hub's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # What is older than this database is not known to it, and not its to clear away.
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # From when on a cluster may prune; put off by the one that does.
    prune_due_at = models.DateTimeField(default=timezone.now, editable=False)
    # When /health last wrote here, to see whether the database can be written to.
    probed_at = models.DateTimeField(null=True, editable=False)

    objects = InstanceManager()

    class Meta:
        verbose_name = "instance"
        constraints = [
            # The same value for every row: there is no second one.
            models.UniqueConstraint(models.Value(1), name="runs_instance_only_one")
        ]

    def __str__(self) -> str:
        return str(self.id)
