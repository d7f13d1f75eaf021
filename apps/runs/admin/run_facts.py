"""What a run's page tells of it beside its log: given what, started by whom, run where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from apps.core.durations import duration_text
from apps.runs import services
from apps.runs.admin.run_parameters import Files, Given, given
from apps.runs.models import Run
from apps.runs.sentences import signal_name
from apps.scripts.version_pages import diff_url, version_url
from apps.tasks.moments import zone_of
from apps.tasks.sentences import show_moment


@dataclass(frozen=True)
class Fact:
    """One line: `url` makes the text a link, `more` follows it."""

    name: str
    text: str
    url: str = ""
    more: str = ""
    more_url: str = ""
    is_code: bool = False


@dataclass(frozen=True)
class Facts:
    """All of a run that comes with its script, version, task and schedule, for `user`:
    links lead only to what they may see. `last` is the last success before it."""

    run: Run
    user: User | AnonymousUser
    last: Run | None

    @cached_property
    def parameters(self) -> list[Given]:
        labels = services.labels_of(run=self.run, user=self.user)
        return given(self.run, Files.of([self.run]), labels)

    @cached_property
    def origin(self) -> list[Fact]:
        """What is run, and who or what asked for it."""
        run = self.run
        facts = [Fact(_("script"), run.script_name, self._script_url)]
        facts += self._version()
        if run.task is not None:
            may = self.user.has_perm("tasks.view_task")
            url = reverse("admin:tasks_task_change", args=[run.task_id]) if may else ""
            facts.append(Fact(_("task"), run.task.name, url))
        who = run.requested_by_name
        by = str(run.get_trigger_display())
        facts.append(Fact(_("started by"), f"{who} ({by})" if who else by))
        facts += self._schedule()
        if run.note:
            facts.append(Fact(_("note"), run.note))
        return facts

    @cached_property
    def place(self) -> list[Fact]:
        """Where it ran, and what that cost."""
        return list(self._place())

    @property
    def _script_url(self) -> str:
        if self.run.script_id is None or not self.user.has_perm("scripts.view_script"):
            return ""
        return reverse("admin:scripts_script_change", args=[self.run.script_id])

    def _version(self) -> Iterator[Fact]:
        """What ran, once it began, and what is other than at the last success."""
        run, version = self.run, self.run.version
        if not run.script_sha256:
            return
        checksum = run.script_sha256[:12]
        if version is None:
            yield Fact(_("checksum"), checksum, is_code=True)
            return
        more = more_url = url = ""
        old = self.last.version if self.last else None
        if self._script_url:
            url = version_url(version)
            if old is not None and old.pk != version.pk:
                text = _("Changes since the last success (version %(number)d)")
                more = text % {"number": old.number}
                more_url = diff_url(version.script_id, old.number, version.number)
        name = _("Version %(number)d") % {"number": version.number}
        yield Fact(_("version"), f"{name} · {checksum}", url, more, more_url)

    def _schedule(self) -> Iterator[Fact]:
        run = self.run
        if run.schedule is not None:
            may = self.user.has_perm("tasks.view_schedule")
            name = "admin:tasks_schedule_change"
            url = reverse(name, args=[run.schedule_id]) if may else ""
            yield Fact(_("schedule"), str(run.schedule), url)
        if run.scheduled_for is not None:
            # In the zone of the schedule, in which it was planned.
            local = run.scheduled_for.astimezone(zone_of(run.schedule))
            yield Fact(_("planned for"), show_moment(local))

    def _place(self) -> Iterator[Fact]:
        run = self.run
        if run.worker:
            yield Fact(_("worker"), run.worker, is_code=True)
        queue = f"{run.queue} · {run.group}" if run.group else run.queue
        yield Fact(_("queue and group") if run.group else _("queue"), queue)
        # Until then the head counts.
        if waited_until := run.claimed_at or run.finished_at:
            waited_s = (waited_until - run.queued_at).total_seconds()
            yield Fact(_("waited"), duration_text(waited_s))
        if run.cpu_s is not None:
            yield Fact(_("processor time"), duration_text(run.cpu_s))
        if run.max_rss_bytes is not None:
            yield Fact(_("memory at most"), filesizeformat(run.max_rss_bytes))
        if run.exit_code is not None:
            yield Fact(_("exit code"), str(run.exit_code))
        if run.signal is not None:
            yield Fact(_("signal"), signal_name(run.signal))
        yield Fact(_("time limit"), duration_text(run.timeout_s))
        yield Fact(_("attempt"), str(run.attempt))
        yield Fact(_("run id"), str(run.pk), f"/runs/runs/{run.pk}", is_code=True)
