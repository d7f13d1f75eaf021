"""Choices that another script lists, for the run form to offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.runs import services
from apps.runs.admin.fields import ParameterField
from apps.runs.admin.forms import PREFIX, RunForm
from apps.scripts.models import Script
from apps.scripts.texts import to_text

# Seconds after which a browser asks again for what is being listed.
ASK_AGAIN_S = 1


@dataclass(frozen=True)
class Offer:
    """What a field offers: pairs of a text and its label, and a sentence about them."""

    sentence: str
    options: list[tuple[str, str]] = field(default_factory=list)
    # Whether it is worth asking again.
    is_coming: bool = False

    def body(self) -> dict[str, Any]:
        """Return it as a browser asks for it."""
        again = ASK_AGAIN_S if self.is_coming else None
        return {"sentence": self.sentence, "options": self.options, "again_s": again}


def listers(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the parameters whose choices another script lists, by name."""
    fields = schema.get("properties", {})
    return {n: one for n, one in fields.items() if one["x-hub"].get("choices_from")}


def offer(
    *,
    script: Script,
    name: str,
    values: Mapping[str, Any],
    user: User,
    refresh: bool = False,
) -> Offer:
    """Return what may be chosen, for what else is filled in; it may start a run that
    lists it."""
    others = {other: value for other, value in values.items() if other != name}
    state = services.choices_state(
        script=script, dest=name, values=others, user=user, refresh=refresh
    )
    if state.error:
        return Offer(state.error)
    if not state.ready:
        return Offer(_("The choices are being listed…"), is_coming=True)
    options = _options(script.parameters_schema["properties"][name], state.choices)
    count = len(options)
    return Offer(ngettext("%d choice.", "%d choices.", count) % count, options)


def _options(about: Mapping[str, Any], choices: Any) -> list[tuple[str, str]]:
    item = {**about.get("items", about), "x-hub": about["x-hub"]}
    pairs = ((to_text("", item, one.value), one.label) for one in choices)
    return [(text, label) for text, label in pairs if isinstance(text, str)]


def show_offers(form: RunForm, script: Script, user: User) -> None:
    """Have each field that another script lists choices for show them."""
    for name in listers(script.parameters_schema):
        found = offer(script=script, name=name, values=form.parameters, user=user)
        shown = form.fields[PREFIX + name]
        if isinstance(shown, ParameterField):
            shown.offer = found
