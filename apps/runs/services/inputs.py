"""What a person gives for a parameter that comes from elsewhere: files and choices."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.runs.models import Upload
from apps.runs.services.chosen import check_choices
from apps.scripts.inputs import file_fields, upload_ids
from apps.scripts.models import Script


def check_inputs(
    *,
    script: Script,
    parameters: Mapping[str, Any],
    user: User | AnonymousUser | None,
    accepted: Iterable[Mapping[str, Any]] = (),
) -> list[uuid.UUID]:
    """Check files and choices among parameters that the schema lets through; returns
    the ids of the uploads that they name.

    A file has to be `user`'s own, a choice one of the last list. What stands in the
    same place of parameters that were `accepted` before (those of the task, or of the
    run that is repeated) may be anybody's, and needs no list. `user` None stands for
    the command line, and for the hub. Raises InvalidInput with a sentence for each
    wrong one, at `parameters.` and its name.
    """
    before = list(accepted)
    files = file_fields(script.parameters_schema)
    named = upload_ids(files, parameters)
    problems = _file_problems(files, named, user, before)
    problems |= {
        f"parameters.{name}": [sentence]
        for name, sentence in check_choices(
            script=script, values=parameters, user=user, accepted=before
        ).items()
    }
    for key, lines in problems.items():
        raise InvalidInput(
            f"{key.removeprefix('parameters.')}: {lines[0]}", fields=problems
        )
    return [uuid.UUID(text) for _name, text in named]


def _file_problems(
    files: Mapping[str, Any],
    named: Sequence[tuple[str, str]],
    user: User | AnonymousUser | None,
    accepted: Sequence[Mapping[str, Any]],
) -> dict[str, list[str]]:
    if not named:
        return {}
    known = {pair for values in accepted for pair in upload_ids(files, values)}
    found = Upload.objects.in_bulk([uuid.UUID(text) for _name, text in named])
    mine = set(
        Upload.objects.of(user).filter(pk__in=found).values_list("pk", flat=True)
    )
    problems: dict[str, list[str]] = {}
    for name, text in dict.fromkeys(named):
        upload = found.get(uuid.UUID(text))
        # To whom it is not theirs, it is not there.
        if (
            upload is None
            or not ((name, text) in known or upload.pk in mine)
            or (upload.expires_at <= timezone.now() and not upload.uses.exists())
        ):
            problem = _gone(text)
        else:
            problem = _misfit(files[name]["x-hub"], upload)
        if problem:
            problems.setdefault(f"parameters.{name}", []).append(problem)
    return problems


def _gone(text: str) -> str:
    return _(
        "names the upload %(id)s, which is not there: it has expired, or is not yours. "
        "Send the file again: POST /uploads."
    ) % {"id": text}


def _misfit(hub: Mapping[str, Any], upload: Upload) -> str:
    endings = hub.get("accept", ())
    if endings and not upload.name.lower().endswith(tuple(endings)):
        return _("takes files that end with %(endings)s, and this one is %(name)s.") % {
            "endings": ", ".join(endings),
            "name": upload.name,
        }
    most = hub.get("max_bytes")
    if most is not None and upload.size_bytes > most:
        return _("takes files of %(most)s at most; %(name)s has %(size)s.") % {
            "most": filesizeformat(most),
            "name": upload.name,
            "size": filesizeformat(upload.size_bytes),
        }
    return ""
