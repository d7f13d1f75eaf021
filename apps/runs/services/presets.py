"""Presets: saved parameters that fill in a script's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Forbidden, InvalidInput
from apps.runs.equivalents import is_file, without_secrets
from apps.runs.models import Preset
from apps.runs.models.preset import MAX_NAME
from apps.scripts import services as scripts
from apps.scripts.models import Script
from apps.scripts.parameters import validate

# Of one person for one script.
MAX_PRESETS = 50
# Codes of what a preset, and a form that is not yet sent, may lack.
LACKING = frozenset({"required", "one_required"})


def save_preset(
    *,
    script: Script,
    owner: User,
    name: str,
    parameters: Mapping[str, Any],
    shared: bool = False,
) -> tuple[Preset, bool]:
    """Keep parameters under a name; in the place of the owner's own of that name.

    Secrets and files are left out. Returns the preset, and whether it is a new one.
    Raises InvalidInput for parameters that the script does not take; what it requires
    may be lacking.
    """
    name = _checked_name(name)
    kept = _kept(script, parameters)
    problems = validate(script.parameters_schema, kept)
    if wrong := [problem for problem in problems if problem.code not in LACKING]:
        sentence = scripts.problem_sentence(wrong[0])
        raise InvalidInput(sentence, fields=scripts.problem_fields(wrong))
    mine = Preset.objects.filter(script=script, owner=owner)
    with transaction.atomic():
        if mine.exclude(name=name).count() >= MAX_PRESETS:
            raise _invalid(
                _("You have %(most)s presets of this script; delete one first.")
                % {"most": MAX_PRESETS}
            )
        return Preset.objects.update_or_create(
            script=script,
            owner=owner,
            name=name,
            defaults={"parameters": kept, "shared": shared},
        )


def _kept(script: Script, parameters: Mapping[str, Any]) -> dict[str, Any]:
    fields = script.parameters_schema.get("properties", {})
    shown = without_secrets(script.parameters_schema, parameters)
    # What was uploaded for one run is not kept for others.
    return {n: value for n, value in shown.items() if not is_file(fields.get(n, {}))}


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise _invalid(_("Give the preset a name."))
    if len(name) > MAX_NAME or not name.isprintable():
        raise _invalid(
            _("A preset's name has up to %(most)s characters, all of them printable.")
            % {"most": MAX_NAME}
        )
    return name


def _invalid(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={"preset_name": [sentence]})


def delete_preset(*, preset: Preset, user: User) -> None:
    """Delete a preset of one's own; a superuser may delete everybody's.

    Raises Forbidden. Whoever asks must be one to whom it is visible.
    """
    if preset.owner_id != user.pk and not user.is_superuser:
        raise Forbidden(
            _("The preset %(name)s is %(owner)s's; only they can delete it.")
            % {"name": preset.name, "owner": preset.owner.get_username()}
        )
    preset.delete()
