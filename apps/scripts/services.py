"""Verbs on scripts: asking for one, and what it takes. See `folder` for how the table is
kept true to the scripts folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import CharField, IntegerField
from django.utils.translation import gettext as _

from apps.core.errors import CredentialsNeeded, InvalidInput, NotFound, WrongState
from apps.core.prepared import Param, Prepared
from apps.executor.envs.wanted import Wanted
from apps.scripts import discovery
from apps.scripts.dependencies import normalise
from apps.scripts.folder import (
    GONE,
    FolderUnreadable,
    SyncReport,
    discover_script,
    left_out_sentence,
    read_left_out,
    refresh_script,
    sync_scripts,
)
from apps.scripts.models import Script, ScriptState
from apps.scripts.parameters import MESSAGES, NOTES, Problem, validate
from apps.scripts.pythons import fits
from apps.scripts.pythons import normalise as normalise_versions
from apps.scripts.sealing import Tokens, opened

__all__ = [
    "FolderUnreadable",
    "ScriptNotRunnable",
    "SyncReport",
    "check_parameters",
    "check_runnable",
    "find_script",
    "note_sentence",
    "parameter_problems",
    "problem_fields",
    "problem_sentence",
    "read_left_out",
    "refresh_script",
    "set_enabled",
    "sync_scripts",
    "wanted_environment",
]

# Asked with nearly every run that is started.
NAMED = Prepared(lambda: Script.objects.filter(name=Param("name", CharField())))
NAMED_AND_VISIBLE = Prepared(
    lambda: Script.objects.visible_to_user(Param("user", IntegerField())).filter(
        name=Param("name", CharField())
    )
)


class ScriptNotRunnable(WrongState):
    """The script is there, but missing on disk, broken or disabled."""

    code = "script_not_runnable"


def find_script(
    *, name: str, user: User | AnonymousUser, to_run: bool = False
) -> Script:
    """Return the script of that name if `user` may know of it.

    The name is compared with names that were found in the folder. `to_run`: one that is
    new in the folder is recorded first. Raises NotFound, or CredentialsNeeded when
    signing in may help.
    """
    about = {"name": ascii(name[:100])}
    if "\0" not in name and len(name) <= discovery.MAX_NAME_LENGTH:
        if script := _visible_script(name, user):
            return script
        exists = Script.objects.filter(name=name).exists()
        if exists and not user.is_authenticated:
            raise CredentialsNeeded(
                _("%(name)s is not open to anonymous callers; send a token.")
                % {"name": name}
            )
        if to_run and not exists:
            if reason := discover_script(name=name):
                raise NotFound(
                    _("%(name)s is no script. %(reason)s")
                    % {**about, "reason": left_out_sentence(reason)}
                )
            return find_script(name=name, user=user)
    raise NotFound(
        _(
            "There is no script %(name)s. GET /scripts lists them; POST /scripts looks "
            "into the folder again."
        )
        % about
    )


def _visible_script(name: str, user: User | AnonymousUser) -> Script | None:
    if user.is_superuser:
        return NAMED.first(name=name)
    if user.is_authenticated:
        return NAMED_AND_VISIBLE.first(name=name, user=user.pk)
    return Script.objects.visible_to(user).filter(name=name).first()


def check_runnable(*, script: Script) -> None:
    """Raise ScriptNotRunnable unless the script is ready and enabled."""
    about = {"name": script.name, "problem": script.problem}
    if script.state == ScriptState.MISSING and script.problem != GONE:
        raise ScriptNotRunnable(_("%(name)s is no script now. %(problem)s") % about)
    if script.state == ScriptState.MISSING:
        raise ScriptNotRunnable(
            _(
                "%(name)s is no longer in the scripts folder; put the file back or "
                "choose another script."
            )
            % about
        )
    if script.state == ScriptState.BROKEN:
        raise ScriptNotRunnable(_("%(name)s is broken: %(problem)s") % about)
    if not script.enabled:
        raise ScriptNotRunnable(
            _("%(name)s is disabled; enable it before running it.") % about
        )


def check_parameters(
    *,
    script: Script,
    parameters: Mapping[str, Any],
    user: User | AnonymousUser | None,
    tokens: Tokens | None = None,
) -> None:
    """Raise InvalidInput with a sentence for each wrong parameter.

    `tokens` are the ciphertexts of those secrets for which parameters have the mark of
    a stored one. A caller without credentials may not set what the header keeps from them
    (`anonymous = false` on a parameter). `user` None stands for the hub itself.
    """
    problems = _problems(script, parameters, tokens)
    if problems:
        raise InvalidInput(
            problem_sentence(problems[0]), fields=problem_fields(problems)
        )
    if user is not None and not user.is_authenticated:
        _check_open_parameters(script, parameters)


def _check_open_parameters(script: Script, parameters: Mapping[str, Any]) -> None:
    properties = script.parameters_schema.get("properties", {})
    for name in parameters:
        if properties[name].get("x-hub", {}).get("anonymous", True) is False:
            raise CredentialsNeeded(
                _(
                    "The parameter %(name)s is not open to anonymous callers; send a "
                    "token, or leave it out."
                )
                % {"name": name}
            )


def parameter_problems(
    *, script: Script, parameters: Mapping[str, Any], tokens: Tokens | None = None
) -> list[str]:
    """Return a sentence for each parameter that the script does not take any more."""
    problems = _problems(script, parameters, tokens)
    return [problem_sentence(problem) for problem in problems]


def _problems(
    script: Script, parameters: Mapping[str, Any], tokens: Tokens | None
) -> list[Problem]:
    values, closed = opened(script=script, parameters=parameters, tokens=tokens)
    said = {problem.field for problem in closed}
    found = validate(script.parameters_schema, values)
    # That a secret which cannot be opened is missing would say less.
    return [*closed, *(problem for problem in found if problem.field not in said)]


def problem_sentence(problem: Problem) -> str:
    """Return one problem in the reader's language."""
    sentence = _(MESSAGES[problem.code]) % problem.params
    return f"{problem.field}: {sentence}" if problem.field else sentence


def problem_fields(problems: list[Problem]) -> dict[str, list[str]]:
    """Return problems as the `fields` of an error body."""
    fields: dict[str, list[str]] = {}
    for problem in problems:
        key = f"parameters.{problem.field}" if problem.field else "parameters"
        fields.setdefault(key, []).append(_(MESSAGES[problem.code]) % problem.params)
    return fields


def note_sentence(note: Mapping[str, Any]) -> str:
    """Return one of a script's reading notes in the reader's language."""
    sentence: str = _(NOTES[note["code"]]) % note["params"]
    return sentence


def wanted_environment(*, script: Script) -> Wanted | None:
    """Return the environment that a script is to run in; None for the hub's own.

    That is what a script without dependencies runs in, on a Python that it allows.
    """
    if not script.dependencies and not script.requires_python:
        return None
    fits_here = fits(script.requires_python or ">=0", sys.version_info[:3])
    if fits_here and not script.dependencies:
        return None
    needed = {normalise(text) for text in script.dependencies}
    versions = script.requires_python and normalise_versions(script.requires_python)
    return Wanted(tuple(sorted(needed)), versions, fits_here)


def set_enabled(*, script: Script, enabled: bool) -> None:
    """Allow or forbid new runs of a script; runs that wait or run go on."""
    script.enabled = enabled
    script.save(update_fields=["enabled"])
