"""Secrets on their way into a row and out of it.

A row (a run, a task, a schedule) has two columns: `parameters`, where the mark STORED
stands for each secret, and `secrets` with the ciphertexts by name, or null. What is
encrypted is bound to its script and parameter: put into another row, or kept while a
task gets another script, it opens no more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from apps.core.vault import CannotOpen, seal, unseal
from apps.scripts.models import Script
from apps.scripts.parameters import Problem
from apps.scripts.secrecy import STORED, secret_names, stands_for_stored

Tokens = Mapping[str, str]


class OfAnother(CannotOpen):
    """What is encrypted was given for another script or parameter."""


def sealed(
    *, script: Script, parameters: Mapping[str, Any], tokens: Tokens | None = None
) -> tuple[dict[str, Any], dict[str, str] | None]:
    """Return parameters and ciphertexts as they are stored.

    `tokens` are those that the row, or the one whose parameters these are, has so far:
    they stay where the mark, or its dots, are among the parameters. Raises NoKey when
    there is a secret to be encrypted and no key.
    """
    values = dict(parameters)
    kept: dict[str, str] = {}
    known = tokens or {}
    for name in {*secret_names(script.parameters_schema), *known}:
        if name not in values:
            continue
        if stands_for_stored(values[name]):
            if name not in known:
                continue
            kept[name] = known[name]
        elif name in known and not _is_secret(script, name):
            # It was a secret once, and is given in the open now.
            continue
        elif isinstance(values[name], str):
            kept[name] = _seal(script, name, values[name])
        else:
            continue
        values[name] = dict(STORED)
    return values, kept or None


def opened(
    *, script: Script, parameters: Mapping[str, Any], tokens: Tokens | None
) -> tuple[dict[str, Any], list[Problem]]:
    """Return parameters with their secrets in the clear, and why some are not there."""
    values = dict(parameters)
    problems: list[Problem] = []
    known = tokens or {}
    for name in secret_names(script.parameters_schema):
        if name not in values or not stands_for_stored(values[name]):
            continue
        del values[name]
        try:
            values[name] = _unseal(script, name, known[name])
        except (KeyError, OfAnother):
            problems.append(Problem(name, "not_stored"))
        except CannotOpen:
            problems.append(Problem(name, "sealed"))
    return values, problems


def _is_secret(script: Script, name: str) -> bool:
    return name in secret_names(script.parameters_schema)


def _seal(script: Script, name: str, value: str) -> str:
    return seal(json.dumps([script.pk, name, value]))


def _unseal(script: Script, name: str, token: str) -> str:
    found = json.loads(unseal(token))
    if found[:2] != [script.pk, name]:
        raise OfAnother
    return str(found[2])
