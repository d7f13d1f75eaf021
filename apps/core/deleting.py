"""What the page before deleting tells: things with a name, not the hub's own notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.utils.functional import Promise
from django.utils.text import capfirst


def without_notes(
    found: list[Any], counts: Mapping[Any, int]
) -> tuple[list[Any], dict[Any, int]]:
    """Return the nested list and the counts without what has no name for readers: which
    users are in a role, and the like, go with what they are about."""
    models = apps.get_models(include_auto_created=True)
    notes = [
        model._meta
        for model in models
        if model._meta.auto_created or not isinstance(model._meta.verbose_name, Promise)
    ]
    begins = tuple(f"{capfirst(str(opts.verbose_name))}: " for opts in notes)
    plurals = {str(opts.verbose_name_plural) for opts in notes}
    kept = {name: count for name, count in counts.items() if str(name) not in plurals}
    return _named(found, begins), kept


def _named(found: list[Any], begins: tuple[str, ...]) -> list[Any]:
    kept: list[Any] = []
    is_left_out = False
    for one in found:
        if isinstance(one, list):
            # What goes with the one before it.
            inner = _named(one, begins)
            if inner and not is_left_out:
                kept.append(inner)
            continue
        is_left_out = str(one).startswith(begins)
        if not is_left_out:
            kept.append(one)
    return kept
