"""What the run form shows when it is opened: from a link, a run, a task or a preset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from apps.core.api.params import parse_uuid
from apps.runs.admin.forms import PREFIX
from apps.runs.equivalents import is_file
from apps.runs.models import Preset, Run, Upload
from apps.scripts import services as scripts
from apps.scripts.inputs import file_fields, upload_ids
from apps.scripts.models import Script
from apps.scripts.parameters import Problem, convert
from apps.scripts.secrecy import is_secret
from apps.scripts.texts import read_text, takes_list, to_field
from apps.tasks.models import Task

# Names in the address that are no parameters. They begin with an underscore, since a
# parameter may be called `run`.
RUN, TASK, PRESET = "_run", "_task", "_preset"
SOURCES = (RUN, TASK, PRESET)
# What is told of the names in an address, before the rest is only counted.
MOST_TOLD = 10


@dataclass
class Filling:
    """What the form's fields show, and what could not be taken over, in sentences."""

    data: MultiValueDict[str, Any] = field(default_factory=MultiValueDict)
    warnings: list[str] = field(default_factory=list)
    # Where it comes from; empty: from the address alone, or nowhere.
    source: str = ""


def fill(request: HttpRequest, script: Script) -> Filling:
    """Return what the form is opened with.

    What the address says of a parameter stands over what a run, a task or a preset
    says. A secret is taken from nowhere.
    """
    filling = Filling()
    _fill_from_source(filling, request, script)
    _fill_from_address(filling, request, script.parameters_schema)
    del filling.warnings[MOST_TOLD:]
    return filling


# From a run, a task or a preset.


def _fill_from_source(filling: Filling, request: HttpRequest, script: Script) -> None:
    named = [(key, request.GET[key]) for key in SOURCES if key in request.GET]
    if not named:
        return
    row = _found(*named[0], request, script)
    if row is None:
        filling.warnings.append(
            _(
                "There is nothing of this script to fill in from at that address; it "
                "may have been deleted."
            )
        )
        return
    filling.source = _source(row)
    given = _own_files(filling, request, script.parameters_schema, row.parameters)
    _take_over(filling, script.parameters_schema, given)


def _found(
    key: str, text: str, request: HttpRequest, script: Script
) -> Run | Task | Preset | None:
    rows: QuerySet[Any]
    if key == RUN:
        number = parse_uuid(text)
        if number is None or not request.user.has_perm("runs.view_run"):
            return None
        rows = Run.objects.filter(pk=number)
    elif not (text.isascii() and text.isdecimal() and len(text) < 18):
        return None
    elif key == TASK:
        if not request.user.has_perm("tasks.view_task"):
            return None
        rows = Task.objects.filter(pk=int(text))
    else:
        rows = Preset.objects.visible_to(request.user).filter(pk=int(text))
    return rows.filter(script=script).first()


def _source(row: Run | Task | Preset) -> str:
    if isinstance(row, Run):
        return _("Filled in from run %(id)s.") % {"id": str(row.pk)[-12:]}
    if isinstance(row, Task):
        return _("Filled in from the task %(name)s.") % {"name": row.name}
    return _("Filled in from the preset %(name)s.") % {"name": row.name}


def _own_files(
    filling: Filling,
    request: HttpRequest,
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the values without files that the reader may not give to a run."""
    named = upload_ids(file_fields(schema), values)
    ids = [number for _name, text in named if (number := parse_uuid(text))]
    # The console is for those who are signed in.
    assert isinstance(request.user, User)
    theirs = Upload.objects.of(request.user).there().filter(pk__in=ids)
    usable = {str(pk) for pk in theirs.values_list("pk", flat=True)} if ids else set()
    found = dict(values)
    for name in {name: None for name, text in named if text not in usable}:
        text = _(
            "%(name)s had a file that is somebody else's, or not there any more: choose "
            "it here."
        )
        filling.warnings.append(text % {"name": name})
        kept = [one for key, one in named if key == name and one in usable]
        found[name] = kept
        if not kept:
            del found[name]
    return found


def _take_over(
    filling: Filling, schema: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Show typed values; a later call shows its own instead."""
    fields = schema.get("properties", {})
    for name, value in values.items():
        about = fields.get(name)
        if about is None:
            filling.warnings.append(_unknown(schema, name))
        elif is_secret(about):
            said = _("%(name)s is a secret, and not kept in plain text: type it again.")
            filling.warnings.append(said % {"name": name})
        elif (text := to_field(name, about, value)) is None:
            filling.warnings.append(_unsayable(name))
        else:
            filling.data.setlist(PREFIX + name, [text])


def _unsayable(name: str) -> str:
    text = _(
        "%(name)s has a value that this form cannot show, such as an empty text, or a "
        "line break within a list; it is left out."
    )
    return text % {"name": name}


# From the address.


def _fill_from_address(
    filling: Filling, request: HttpRequest, schema: Mapping[str, Any]
) -> None:
    fields = schema.get("properties", {})
    for name, texts in request.GET.lists():
        if name in SOURCES:
            continue
        if name not in fields:
            filling.warnings.append(_unknown(schema, name))
        elif is_secret(fields[name]):
            filling.warnings.append(_told_secret(name))
        elif is_file(fields[name]):
            text = _("%(name)s is a file, which no link gives: choose it here.")
            filling.warnings.append(text % {"name": name})
        else:
            _take_texts(filling, name, fields[name], texts)


def _take_texts(
    filling: Filling, name: str, about: Mapping[str, Any], texts: list[str]
) -> None:
    # The address says it, whatever the run or the preset had.
    filling.data.pop(PREFIX + name, None)
    if not takes_list(about) and len(texts) > 1:
        problem = Problem(name, "not_single", {"count": len(texts)})
        filling.warnings.append(scripts.problem_sentence(problem))
        texts = texts[:1]
    given = texts if takes_list(about) else texts[0]
    # Typed where it can be, so that `yes` ticks a box; else as it stands, to be shown.
    text = to_field(name, about, read_text(name, about, given))
    if text is not None:
        filling.data.setlist(PREFIX + name, [text])
    elif any(texts):
        filling.warnings.append(_unsayable(name))


def _unknown(schema: Mapping[str, Any], name: str) -> str:
    _values, problems = convert(schema, {name: ""})
    mine = [problem for problem in problems if problem.code.startswith("unknown")]
    return scripts.problem_sentence(mine[0])


def _told_secret(name: str) -> str:
    text = _(
        "%(name)s is a secret: it is not taken from a link. An address is kept by "
        "browsers and in logs, so change the secret if that was the real one."
    )
    return text % {"name": name}
