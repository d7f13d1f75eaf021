"""What changed since the last success, as a run's page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.runs.admin.run_parameters import Files, schema_of, value_text
from apps.runs.models import Run, RunStatus
from apps.runs.rows import duration_s
from apps.runs.since_success import (
    MOST_COUNTED,
    Change,
    changed_parameters,
    differs_notably,
    failures_since,
    last_success,
    same_error_before,
    untold_secrets,
)
from apps.scripts.dependencies import read_dependencies
from apps.scripts.header import ManifestError, read_header
from apps.scripts.models import ScriptVersion
from apps.scripts.secrecy import HIDDEN
from apps.scripts.version_pages import diff_url

LEAST_SECONDS = 1.0
LEAST_BYTES = 8 * 2**20


@dataclass(frozen=True)
class Row:
    """Something that differs: what it was at the last success, and what it is now.

    `url` leads to more about it; `name` of a parameter is its own, in no language.
    """

    name: str
    old: str
    new: str
    url: str = ""
    is_parameter: bool = False


@dataclass
class Changes:
    """`last` null: nothing succeeded before. `same` are the things that are as they
    were; `untold` the secrets of which that cannot be told."""

    last: Run | None
    rows: list[Row] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)
    failures: int = 0
    error_before: Run | None = None
    has_error: bool = False

    @property
    def last_s(self) -> float | None:
        return None if self.last is None else _seconds(self.last)

    @property
    def failures_shown(self) -> str:
        is_more = self.failures > MOST_COUNTED
        return f"{MOST_COUNTED}+" if is_more else str(self.failures)

    def add(self, name: str, old: str, new: str, url: str = "") -> None:
        """Add what may differ, where both are known."""
        if not old or not new:
            return
        if old == new:
            self.same.append(name)
        else:
            self.rows.append(Row(name, old, new, url))


def changes_of(run: Run) -> Changes | None:
    """Return what changed for a run that comes with its script and version; None where
    its script is no longer known, so that nothing says what else may be compared."""
    if run.script is None:
        return None
    last = last_success(run)
    changes = Changes(last)
    if run.status == RunStatus.FAILED:
        changes.failures = failures_since(last, run)
        changes.has_error = bool(run.fingerprint)
        changes.error_before = same_error_before(run)
    if last is not None:
        last.script = run.script
        _compare(changes, last, run)
    return changes


def _compare(changes: Changes, last: Run, run: Run) -> None:
    _compare_parameters(changes, last, run)
    _compare_versions(changes, last, run)
    changes.add(_("worker's host"), _host(last), _host(run))
    changes.add(_("queue"), last.queue, run.queue)
    limits = (duration_text(last.timeout_s), duration_text(run.timeout_s))
    changes.add(_("time limit"), *limits)
    changes.add(_("exit code"), _code(last), _code(run))
    _compare_figures(changes, last, run)


def _compare_parameters(changes: Changes, last: Run, run: Run) -> None:
    schema, files = schema_of(run), Files.of([last, run])
    changes.untold = untold_secrets(last, run)
    for change in changed_parameters(last, run, files.checksums):
        old, new = _texts(change, schema, files)
        if old == new == HIDDEN:
            # Kept in another way than then: what it holds is not looked at.
            changes.untold.append(change.name)
        else:
            changes.rows.append(Row(change.name, old, new, is_parameter=True))
    if not changes.rows and not changes.untold:
        changes.same.append(_("parameters"))


def _texts(change: Change, schema: Any, files: Files) -> tuple[str, str]:
    def text(value: Any, was_given: bool) -> str:
        if not was_given:
            return _("not given")
        return value_text(schema, change.name, value, files)

    return text(change.old, change.was_given), text(change.new, change.is_given)


def _compare_versions(changes: Changes, last: Run, run: Run) -> None:
    old, new = last.version, run.version
    if old is None or new is None:
        changes.add(_("script"), last.script_sha256[:12], run.script_sha256[:12])
        return
    url = diff_url(new.script_id, old.number, new.number)
    was, now = (_("version %(number)d") % {"number": v.number} for v in (old, new))
    changes.add(_("script"), was, now, url)
    if old.pk != new.pk:
        changes.rows += _needs(old, new)


def _needs(old: ScriptVersion, new: ScriptVersion) -> Iterator[Row]:
    """Yield what the two versions ask for in other words: packages, and Python's."""
    before, now = _needs_of(old), _needs_of(new)
    if before is None or now is None:
        return
    names = (_("dependencies"), _("Python versions"))
    for name, was, wanted in zip(names, before, now, strict=True):
        if was != wanted:
            yield Row(name, was or _("none"), wanted or _("none"))


def _needs_of(version: ScriptVersion) -> tuple[str, str] | None:
    text = version.text
    if text is None:
        return None
    try:
        header = read_header(text)
        if header is None:
            return "", ""
        needs = read_dependencies(header)
    except ManifestError:
        return None
    return "\n".join(sorted(needs.requirements)), needs.requires_python


def _compare_figures(changes: Changes, last: Run, run: Run) -> None:
    old, new = _seconds(last), _seconds(run)
    if old is not None and new is not None:
        shown = (duration_text(old), duration_text(new))
        if differs_notably(old, new, least=LEAST_SECONDS):
            changes.rows.append(Row(_("duration"), *shown))
        else:
            changes.same.append(_("duration, about"))
    held, holds = last.max_rss_bytes, run.max_rss_bytes
    if held and holds and differs_notably(held, holds, least=LEAST_BYTES):
        sizes = (filesizeformat(held), filesizeformat(holds))
        changes.rows.append(Row(_("memory at most"), *sizes))


def _seconds(run: Run) -> float | None:
    return duration_s({"began_at": run.began_at, "finished_at": run.finished_at})


def _host(run: Run) -> str:
    """Return the host in a worker's name, which is followed by a process and a mark."""
    return run.worker.split(":", 1)[0]


def _code(run: Run) -> str:
    return "" if run.exit_code is None else str(run.exit_code)
