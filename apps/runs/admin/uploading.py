"""Files that are chosen in the run form: kept first, then named by what they got."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from apps.core.api.params import parse_uuid
from apps.core.errors import HubError
from apps.runs import services
from apps.runs.admin.forms import PREFIX, RunForm
from apps.runs.admin.widgets import FileInput
from apps.runs.equivalents import is_file
from apps.runs.models import Upload
from apps.scripts.texts import lines_of


def keep_files(
    request: HttpRequest, user: User, schema: Mapping[str, Any]
) -> tuple[MultiValueDict[str, Any], dict[str, list[str]]]:
    """Return what was sent, with an upload's id in the place of each file, and the
    sentences about files that were not taken, as the `fields` of an error body.

    They are kept although the rest of the form may be wrong: no browser fills in the
    choice of a file again.
    """
    data = request.POST.copy()
    problems: dict[str, list[str]] = {}
    for name, about in schema.get("properties", {}).items():
        files = request.FILES.getlist(PREFIX + name)
        if not files or not is_file(about):
            continue
        try:
            ids = [
                str(services.store_incoming(user=user, file=file).pk) for file in files
            ]
        except HubError as exc:
            problems[f"parameters.{name}"] = [exc.message]
            continue
        # One that was chosen now takes the place of one that was sent before.
        is_list = about.get("type") == "array"
        before = data.getlist(PREFIX + name) if is_list else []
        data.setlist(PREFIX + name, [*before, *ids])
    return data, problems


def name_files(form: RunForm) -> None:
    """Have the form call files that were sent before by their names."""
    inputs = {
        name: field.widget
        for name, field in form.fields.items()
        if isinstance(field.widget, FileInput)
    }
    ids = [one for name in inputs for one in lines_of(form[name].value() or "")]
    names = upload_names(ids) if ids else {}
    for widget in inputs.values():
        widget.names = names


def upload_names(ids: Iterable[str]) -> dict[str, str]:
    """Return the names of uploads by their ids, as far as they are there."""
    known = [number for number in map(parse_uuid, ids) if number is not None]
    if not known:
        return {}
    return {str(row.pk): row.name for row in Upload.objects.filter(pk__in=known)}
