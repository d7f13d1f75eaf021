"""What the values that a run was given are called, beside what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser, User

from apps.runs.models import ChoiceList, Run
from apps.runs.services.chosen import Asked, ListingFailed
from apps.scripts.choosing import Choice
from apps.scripts.inputs import choice_fields, resolved
from apps.scripts.models import Script


def labels_of(*, run: Run, user: User | AnonymousUser) -> dict[str, list[Choice]]:
    """Return, by parameter, the choices of which the hub knows what they are called.

    A sub-command has its help. A list that another script made tells as long as it is
    kept, and only whoever may run that script: nothing is run for it.
    """
    if run.script is None:
        return {}
    schema = run.script.parameters_schema
    found = _commands(schema)
    if not user.has_perm("scripts.run_script"):
        return found
    for name, about in choice_fields(schema).items():
        if name in run.parameters:
            found[name] = _listed(name, about, _given(schema, run), user)
    return found


def _commands(schema: Mapping[str, Any]) -> dict[str, list[Choice]]:
    found: dict[str, list[Choice]] = {}
    for one in schema.get("x-hub", {}).get("commands", []):
        if one.get("help"):
            choice = Choice(one["value"], one["help"])
            found.setdefault(one["field"], []).append(choice)
    return found


def _given(schema: Mapping[str, Any], run: Run) -> dict[str, Any]:
    fields = schema.get("properties", {})
    defaults = {n: f["default"] for n, f in fields.items() if "default" in f}
    return {**defaults, **run.parameters}


def _listed(
    name: str,
    about: Mapping[str, Any],
    values: Mapping[str, Any],
    user: User | AnonymousUser,
) -> list[Choice]:
    source = about["x-hub"]["choices_from"]
    parameters, missing = resolved(source["parameters"], values)
    lister = Script.objects.visible_to(user).filter(name=source["script"]).first()
    if missing or lister is None:
        return []
    asked = Asked(name, about, lister, parameters)
    known = ChoiceList.objects.filter(key=asked.key).first()
    if known is None:
        return []
    try:
        return asked.choices(known)
    except ListingFailed:
        return []
