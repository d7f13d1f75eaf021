"""Verbs on scripts: keeping the table true to the folder, and asking for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import CharField, IntegerField
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import CredentialsNeeded, InvalidInput, NotFound, WrongState
from apps.core.prepared import Param, Prepared
from apps.scripts import discovery
from apps.scripts.models import Script, ScriptState
from apps.scripts.parameters import MESSAGES, NOTES, Problem, validate
from apps.scripts.reading import describe
from apps.scripts.sealing import Tokens, opened

# Asked with nearly every run that is started.
NAMED = Prepared(lambda: Script.objects.filter(name=Param("name", CharField())))
NAMED_AND_VISIBLE = Prepared(
    lambda: Script.objects.visible_to_user(Param("user", IntegerField())).filter(
        name=Param("name", CharField())
    )
)


class FolderUnreadable(WrongState):
    """The scripts folder cannot be listed."""

    code = "scripts_folder_unreadable"


class ScriptNotRunnable(WrongState):
    """The script is there, but missing on disk, broken or disabled."""

    code = "script_not_runnable"


@dataclass
class SyncReport:
    """What a look into the folder changed: names of scripts."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    total: int = 0


def sync_scripts() -> SyncReport:
    """Make the table say what the scripts folder holds.

    Called at start, by `manage.py sync_scripts`, by POST /scripts and by the admin's
    button. Raises FolderUnreadable when the folder is not there.
    """
    root = settings.SCRIPTS_DIR
    try:
        names = list(discovery.walk(root))
    except OSError as exc:
        raise FolderUnreadable(
            _("The scripts folder %(folder)s cannot be read: %(error)s.")
            % {"folder": root, "error": exc.strerror}
        ) from exc
    report = SyncReport()
    with transaction.atomic():
        known = {script.name: script for script in Script.objects.all()}
        for name in names:
            _sync_one(name, known.get(name), report)
        for name in known.keys() - set(names):
            _mark_missing(known[name], report)
    return report


def _sync_one(name: str, script: Script | None, report: SyncReport) -> None:
    try:
        content = discovery.read(settings.SCRIPTS_DIR, name)
    except discovery.ScriptGone:
        # It went between the listing and the reading.
        if script is not None:
            _mark_missing(script, report)
        return
    report.total += 1
    if script is None:
        report.added.append(name)
        # Two services may start at once and both find it new.
        script, _created = Script.objects.get_or_create(name=name)
    elif script.sha256 != content.sha256 or script.state == ScriptState.MISSING:
        report.changed.append(name)
    _store(script, content)
    if script.state == ScriptState.BROKEN:
        report.broken.append(name)


def _store(script: Script, content: discovery.Content) -> None:
    facts = describe(script.name, content)
    for name, value in facts.items():
        setattr(script, name, value)
    script.synced_at = timezone.now()
    script.save(update_fields=[*facts, "synced_at"])


def _mark_missing(script: Script, report: SyncReport | None = None) -> None:
    if script.state == ScriptState.MISSING:
        return
    script.state = ScriptState.MISSING
    script.problem = "The file is no longer in the scripts folder."
    script.save(update_fields=["state", "problem"])
    if report is not None:
        report.missing.append(script.name)


def refresh_script(*, script: Script) -> discovery.Content | None:
    """Read one script's file again; None, and marked missing, when it has gone.

    Called before a run is accepted and before it starts, so that neither works with
    parameters that the file no longer has.
    """
    try:
        content = discovery.read(settings.SCRIPTS_DIR, script.name)
    except discovery.ScriptGone:
        _mark_missing(script)
        return None
    if script.sha256 != content.sha256 or script.state == ScriptState.MISSING:
        _store(script, content)
    return content


def find_script(*, name: str, user: User | AnonymousUser) -> Script:
    """Return the script of that name if `user` may know of it.

    The name is compared with names that were found in the folder; it never becomes a
    path. Raises NotFound, or CredentialsNeeded when signing in may help.
    """
    if "\0" not in name and len(name) <= discovery.MAX_NAME_LENGTH:
        if script := _visible_script(name, user):
            return script
        hidden = not user.is_authenticated
        if hidden and Script.objects.filter(name=name).exists():
            raise CredentialsNeeded(
                _("%(name)s is not open to anonymous callers; send a token.")
                % {"name": name}
            )
    raise NotFound(
        _(
            "There is no script %(name)s. GET /scripts lists them; POST /scripts looks "
            "into the folder again."
        )
        % {"name": ascii(name[:100])}
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


def set_enabled(*, script: Script, enabled: bool) -> None:
    """Allow or forbid new runs of a script; runs that wait or run go on."""
    script.enabled = enabled
    script.save(update_fields=["enabled"])
