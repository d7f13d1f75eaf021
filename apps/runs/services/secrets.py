"""Encrypting stored secrets anew, with the first of the hub's keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from apps.core.vault import CannotOpen, reseal
from apps.runs.equivalents import without_secrets
from apps.runs.models import Preset, Run
from apps.scripts.secrecy import secret_names
from apps.tasks.models import Schedule, Task
from apps.tasks.services import seal_secrets


@dataclass
class RotationReport:
    """How many secrets were encrypted anew, how many for the first time, how many went
    from presets, and what has one that no key opens."""

    anew: int = 0
    first: int = 0
    dropped: int = 0
    closed: list[str] = field(default_factory=list)


def rotate_secrets() -> RotationReport:
    """Encrypt all stored secrets with the first key, a row at a time.

    Also those that tasks and schedules hold in the open, since they were saved before
    the script's header called them secrets; presets, which keep none, lose those. May be broken off and called again. Raises
    NoKey.
    """
    report = RotationReport()
    for model in (Task, Schedule, Run):
        for pk in _sealed(model):
            _rotate(model, pk, report)
    for model in (Task, Schedule):
        for pk in _all(model):
            _seal_open(model, pk, report)
    for pk in _all(Preset):
        _drop_open(pk, report)
    return report


def _sealed(model: Any) -> Iterator[Any]:
    found = model.objects.filter(secrets__isnull=False).order_by("pk")
    return iter(found.values_list("pk", flat=True).iterator())


def _all(model: Any) -> Iterator[Any]:
    return iter(model.objects.order_by("pk").values_list("pk", flat=True))


def _rotate(model: Any, pk: Any, report: RotationReport) -> None:
    with transaction.atomic():
        rows = model.objects.filter(pk=pk)
        locked = rows.select_for_update().order_by().values_list("secrets", flat=True)
        tokens = locked.first()
        if not tokens:
            # Deleted, or changed, since it was found.
            return
        fresh = dict(tokens)
        for name, token in tokens.items():
            try:
                fresh[name] = reseal(token)
                report.anew += 1
            except CannotOpen:
                report.closed.append(f"{model._meta.model_name} {pk}: {name}")
        rows.update(secrets=fresh)


def _seal_open(model: Any, pk: Any, report: RotationReport) -> None:
    with transaction.atomic():
        row = model.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            return
        task = row if model is Task else row.task
        names = {*secret_names(task.script.parameters_schema)} & row.parameters.keys()
        count = sum(isinstance(row.parameters[name], str) for name in names)
        if count:
            seal_secrets(row=row)
            changes = {"parameters": row.parameters, "secrets": row.secrets}
            model.objects.filter(pk=pk).update(**changes)
            report.first += count


def _drop_open(pk: int, report: RotationReport) -> None:
    with transaction.atomic():
        presets = Preset.objects.select_for_update(of=("self",))
        preset = presets.select_related("script").filter(pk=pk).first()
        if preset is None:
            return
        kept = without_secrets(preset.script.parameters_schema, preset.parameters)
        if len(kept) < len(preset.parameters):
            report.dropped += len(preset.parameters) - len(kept)
            Preset.objects.filter(pk=pk).update(parameters=kept)
