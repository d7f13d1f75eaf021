"""What a command line gives for parameters that come from elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import CommandError

from apps.core.errors import HubError
from apps.runs import services
from apps.runs.models import Upload
from apps.scripts.inputs import choice_fields, file_fields
from apps.scripts.models import Script

POLL_S = 0.3
BLOCK_BYTES = 1024 * 1024

Texts = dict[str, str | list[str]]


class GivenFiles:
    """Files of this host that are named as values: checked first, sent when all else
    is right, and taken back if no run comes of it."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._names = file_fields(schema)
        self._sent: list[Upload] = []

    def checked(self, texts: Texts) -> Texts:
        """Return the texts with an id in the place of each path; raises CommandError
        for a path where there is no file."""
        return self._replaced(texts, _checked)

    def send(self, texts: Texts) -> Texts:
        """Send the files; returns the texts with the ids of the uploads."""
        return self._replaced(texts, self._send)

    def take_back(self) -> None:
        """Delete what was sent, unless a run has come to use it."""
        for upload in self._sent:
            with suppress(HubError):
                services.delete_upload(upload=upload)

    def _replaced(self, texts: Texts, each: Callable[[str, str], str]) -> Texts:
        found = dict(texts)
        for name in self._names.keys() & texts.keys():
            value = texts[name]
            found[name] = (
                [each(name, item) for item in value]
                if isinstance(value, list)
                else each(name, value)
            )
        return found

    def _send(self, name: str, text: str) -> str:
        if _is_id(text):
            return text
        path = Path(text)
        try:
            with path.open("rb") as file:
                blocks = iter(lambda: file.read(BLOCK_BYTES), b"")
                upload = services.store_upload(user=None, name=path.name, chunks=blocks)
        except OSError as exc:
            raise _unreadable(name, text, exc) from exc
        self._sent.append(upload)
        return str(upload.pk)


def _checked(name: str, text: str) -> str:
    if _is_id(text):
        return text
    try:
        with Path(text).open("rb") as file:
            file.read(1)
    except (OSError, ValueError) as exc:
        raise _unreadable(name, text, exc) from exc
    # Any that is well-formed: the file itself is sent when all else is right.
    return str(uuid4())


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _unreadable(name: str, text: str, exc: Exception) -> CommandError:
    why = exc.strerror if isinstance(exc, OSError) else str(exc)
    return CommandError(f"{name}: the file {text!a} cannot be read: {why}.")


def await_choices(script: Script, parameters: Mapping[str, Any]) -> None:
    """Have the choices listed of each parameter that is given and has them from another
    script, and wait for that, so that the value can be checked."""
    for name, about in choice_fields(script.parameters_schema).items():
        if name not in parameters or not about["x-hub"]["choices_from"]["strict"]:
            continue
        while True:
            state = services.choices_state(
                script=script, dest=name, values=parameters, user=None
            )
            if state.error:
                raise CommandError(f"{name}: {state.error}")
            if state.ready:
                break
            time.sleep(POLL_S)
