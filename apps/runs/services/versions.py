"""Versions of scripts as runs need them: which go, and how many runs name each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet

from apps.runs.models import Run
from apps.scripts.models import Script, ScriptVersion

# Of each script the newest stay, whether or not a run names them.
KEEP_VERSIONS = 50
# What was there a moment ago may be named by a run that is about to begin.
KEEP_SEEN = timedelta(days=1)
BATCH = 100


def prune_versions(*, now: datetime) -> Iterator[int]:
    """Delete versions that no run names and that are older than the newest ones.

    What a script's file holds stays. Yields after each small step how many went.
    """
    many = Script.objects.annotate(count=Count("versions")).filter(
        count__gt=KEEP_VERSIONS
    )
    for script_id in list(many.order_by().values_list("pk", flat=True)):
        while deleted := _prune(script_id, now):
            yield deleted


def _prune(script_id: int, now: datetime) -> int:
    versions = ScriptVersion.objects.filter(script=script_id)
    numbers = versions.order_by("-number").values_list("number", flat=True)
    newest = list(numbers[:KEEP_VERSIONS])
    spare = (
        versions.filter(number__lt=newest[-1], last_seen_at__lt=now - KEEP_SEEN)
        .exclude(sha256=F("script__sha256"))
        .filter(~Exists(Run.objects.filter(version=OuterRef("pk"))))
    )
    with transaction.atomic():
        ids = list(spare.order_by("number").values_list("pk", flat=True)[:BATCH])
        ScriptVersion.objects.filter(pk__in=ids).delete()
    return len(ids)


def count_runs(
    versions: QuerySet[ScriptVersion] | list[ScriptVersion],
) -> dict[int, int]:
    """Return how many runs name each of these versions, by its key."""
    keys = [version.pk for version in versions]
    found = Run.objects.filter(version__in=keys).order_by().values("version")
    return {row["version"]: row["runs"] for row in found.annotate(runs=Count("pk"))}
