"""ChoiceList: what a script printed for a form to choose from."""

from __future__ import annotations

from django.db import models

from apps.scripts.models import Script


class ChoiceList(models.Model):
    """The last list of one script for one set of parameters, for all web processes.

    It says nothing of who may see it: whoever asks must be allowed to run the script.
    """

    # Of the script's name and content, and the parameters.
    key = models.CharField(max_length=64, unique=True)
    script = models.ForeignKey(Script, on_delete=models.CASCADE, related_name="+")
    # Pairs of a value and its label, both texts; null until a run has listed them.
    choices = models.JSONField(null=True)
    # When the run that listed them ended, and when one was last asked for.
    listed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(db_index=True)
    # The last run that was asked, as long as it has listed nothing; without a
    # reference, since it may be deleted at any time.
    run_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = "list of choices"

    def __str__(self) -> str:
        return self.key
