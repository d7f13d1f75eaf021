"""Keeping the table of scripts true to the scripts folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import WrongState
from apps.scripts import discovery
from apps.scripts.models import Script, ScriptState, ScriptVersion
from apps.scripts.reading import describe
from apps.scripts.survey import (
    LEFT_OUT,
    REMARKS,
    Remark,
    Survey,
    shown_name,
    survey,
)
from apps.scripts.versions import keep_first_versions, keep_version

# What one transaction writes, so that others get their turn in a folder of thousands.
BATCH = 100
# How many names of what is left out a report tells.
MAX_TOLD = 200
GONE = "The file is no longer in the scripts folder."


class FolderUnreadable(WrongState):
    """The scripts folder cannot be listed."""

    code = "scripts_folder_unreadable"


@dataclass
class SyncReport:
    """What a look into the folder changed: names of scripts.

    `left_out` names what is in the folder and is no script, each with the reason, the
    first MAX_TOLD of them; `remarks` are sentences about the folder as a whole. Both
    are in the reader's language.
    """

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    total: int = 0

    def leave_out(self, name: str, reason: Remark) -> None:
        """Note why something is no script, unless there are too many of them."""
        if len(self.left_out) < MAX_TOLD:
            self.left_out[shown_name(name)] = left_out_sentence(reason)


@dataclass(frozen=True)
class _Reading:
    name: str
    content: discovery.Content
    facts: dict[str, Any] | None


def left_out_sentence(reason: Remark) -> str:
    """Return why something is no script, in the reader's language."""
    return _(LEFT_OUT[reason.code]) % reason.params


def look_into_folder() -> Survey:
    """Return what the scripts folder holds. Raises FolderUnreadable."""
    root = settings.SCRIPTS_DIR
    try:
        return survey(root)
    except OSError as exc:
        raise FolderUnreadable(
            _("The scripts folder %(folder)s cannot be read: %(error)s.")
            % {"folder": root, "error": exc.strerror}
        ) from exc


def read_left_out() -> SyncReport:
    """Return what is in the folder and no script, and changes nothing.

    Raises FolderUnreadable.
    """
    found = look_into_folder()
    report = SyncReport(total=len(found.names))
    report.remarks += [_(REMARKS[r.code]) % r.params for r in found.remarks]
    for name, reason in found.left_out.items():
        report.leave_out(name, reason)
    return report


def sync_scripts(*, afresh: bool = False) -> SyncReport:
    """Make the table say what the scripts folder holds.

    Called at start, by `manage.py sync_scripts`, by POST /scripts and by the admin's
    button. `afresh`: files that did not change are read again too, since the hub may
    have learnt to read them since. Raises FolderUnreadable when the folder is not there.
    """
    found = look_into_folder()
    sync = _Sync(found, afresh)
    for names in _batches(found.names):
        # Files are read before the database is asked for anything.
        readings = [reading for name in names if (reading := sync.read(name))]
        with transaction.atomic():
            sync.write(readings)
    with transaction.atomic():
        sync.mark_missing()
        _note_seen()
    return sync.report


def _batches(names: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(names), BATCH):
        yield names[start : start + BATCH]


class _Sync:
    """One look into the folder, and what it changes."""

    def __init__(self, found: Survey, afresh: bool) -> None:
        self._found = found
        self._afresh = afresh
        self._known = {script.name: script for script in Script.objects.all()}
        current = ScriptVersion.objects.current()
        self._kept = set(current.values_list("script", flat=True))
        self._there: set[str] = set()
        self.report = SyncReport()
        self.report.remarks += [_(REMARKS[r.code]) % r.params for r in found.remarks]
        for name, reason in found.left_out.items():
            self.report.leave_out(name, reason)

    def read(self, name: str) -> _Reading | None:
        """Read a file; None when it cannot be."""
        try:
            content = discovery.read(settings.SCRIPTS_DIR, name)
        except discovery.ScriptUnreadable as exc:
            reason = self._found.left_out[name] = _unreadable(exc)
            self.report.leave_out(name, reason)
            return None
        except discovery.ScriptGone:
            # It went between the listing and the reading.
            return None
        self._there.add(name)
        script = self._known.get(name)
        if script is not None and not self._afresh and self._is_same(script, content):
            return _Reading(name, content, None)
        return _Reading(name, content, describe(name, content))

    def _is_same(self, script: Script, content: discovery.Content) -> bool:
        kept = script.pk in self._kept or not content.sha256
        return kept and _is_same(script, content)

    def write(self, readings: list[_Reading]) -> None:
        """Record what was read, in the caller's transaction."""
        self._create([r for r in readings if r.name not in self._known])
        known = [r for r in readings if r.name in self._known]
        unchanged = [reading for reading in known if self._write(reading)]
        scripts = [self._known[reading.name].pk for reading in unchanged]
        if scripts:
            seen = Script.objects.filter(pk__in=scripts)
            seen.update(synced_at=timezone.now())
        self.report.total += len(readings)

    def _create(self, new: list[_Reading]) -> None:
        """Record scripts that are new: three queries, however many they are."""
        if not new:
            return
        moment = timezone.now()
        rows = [Script(name=r.name, synced_at=moment, **r.facts or {}) for r in new]
        self.report.added += [row.name for row in rows]
        self.report.broken += [r.name for r in rows if r.state == ScriptState.BROKEN]
        # Two services may start at once and both find them new.
        Script.objects.bulk_create(rows, ignore_conflicts=True)
        made = Script.objects.in_bulk([r.name for r in new], field_name="name")
        keep_first_versions([(made[r.name], r.content) for r in new], moment)

    def _write(self, reading: _Reading) -> bool:
        """Record one script; True when nothing but the moment is left to write."""
        script = self._known[reading.name]
        unchanged = self._says_the_same(script, reading)
        if not _is_same(script, reading.content):
            self.report.changed.append(reading.name)
        if not unchanged:
            _store(script, reading.content, reading.facts or {})
        if script.state == ScriptState.BROKEN:
            self.report.broken.append(reading.name)
        return unchanged

    def _says_the_same(self, script: Script, reading: _Reading) -> bool:
        facts = reading.facts or {}
        return self._is_same(script, reading.content) and all(
            getattr(script, name) == value for name, value in facts.items()
        )

    def mark_missing(self) -> None:
        """Mark what was known and is no script any more."""
        for name in sorted(self._known.keys() - self._there):
            if not self._found.last or self._is_known_gone(name):
                reason = self._found.reason(name)
                _mark_missing(self._known[name], reason, self.report)

    def _is_known_gone(self, name: str) -> bool:
        """Whether a script is no more, of a folder not looked at to its end."""
        if self._found.reason(name):
            return True
        try:
            discovery.locate(settings.SCRIPTS_DIR, name)
        except discovery.ScriptGone:
            return True
        return False


def _is_same(script: Script, content: discovery.Content) -> bool:
    return (
        script.state != ScriptState.MISSING
        and script.sha256 == content.sha256
        and (bool(content.sha256) or script.size_bytes == content.size_bytes)
    )


def _store(script: Script, content: discovery.Content, facts: dict[str, Any]) -> None:
    for name, value in facts.items():
        setattr(script, name, value)
    script.synced_at = timezone.now()
    with transaction.atomic():
        script.save(update_fields=[*facts, "synced_at"])
        keep_version(script, content, script.synced_at)


def _note_seen() -> None:
    """Note of each version that is current that it was seen now."""
    scripts = Script.objects.filter(pk=OuterRef("script"), sha256=OuterRef("sha256"))
    there = scripts.exclude(state=ScriptState.MISSING)
    ScriptVersion.objects.filter(Exists(there)).update(last_seen_at=timezone.now())


def _unreadable(exc: discovery.ScriptUnreadable) -> Remark:
    return Remark("unreadable", {"error": str(exc)})


def _mark_missing(
    script: Script, reason: Remark | None = None, report: SyncReport | None = None
) -> None:
    problem = GONE if reason is None else LEFT_OUT[reason.code] % reason.params
    was_missing = script.state == ScriptState.MISSING
    if was_missing and script.problem == problem:
        return
    script.state = ScriptState.MISSING
    script.problem = problem
    script.save(update_fields=["state", "problem"])
    if report is not None and not was_missing:
        report.missing.append(script.name)


def refresh_script(*, script: Script) -> discovery.Content | None:
    """Read one script's file again; None, and marked missing, when it has gone.

    Called before a run is accepted and before it starts, so that neither works with
    parameters that the file no longer has. That a script is left out from now on
    (.hubignore) is found by the next look into the folder.
    """
    try:
        content = discovery.read(settings.SCRIPTS_DIR, script.name)
    except discovery.ScriptUnreadable as exc:
        _mark_missing(script, _unreadable(exc))
        return None
    except discovery.ScriptGone:
        _mark_missing(script)
        return None
    if script.state == ScriptState.MISSING and not _is_back(script):
        return None
    if not _is_same(script, content):
        _store(script, content, describe(script.name, content))
    return content


def _is_back(script: Script) -> bool:
    """Whether a script that was missing is one again, not a file that is left out."""
    found = look_into_folder()
    if script.name in found.names:
        return True
    _mark_missing(script, found.reason(script.name))
    return False


def discover_script(*, name: str) -> Remark | None:
    """Record a script that is new in the folder, so that it need not wait for a look.

    `name` never becomes a path before it looks like the names that a survey finds, and
    it is recorded only if a survey finds it. Returns why it is left out, if it is.
    """
    parts = name.split("/")
    if not name.isprintable() or any(part.startswith(("_", ".")) for part in parts):
        return None
    try:
        discovery.locate(settings.SCRIPTS_DIR, name)
        found = look_into_folder()
        if name not in found.names:
            return found.reason(name)
        content = discovery.read(settings.SCRIPTS_DIR, name)
    except (discovery.ScriptGone, FolderUnreadable):
        return None
    facts = describe(name, content)
    with transaction.atomic():
        script, _created = Script.objects.get_or_create(name=name)
        _store(script, content, facts)
    return None
