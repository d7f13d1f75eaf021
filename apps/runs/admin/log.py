"""The log in the console: its viewer, its pages without JavaScript, its downloads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from apps.runs import logs
from apps.runs.downloads import log_download, log_response
from apps.runs.logs.terminal import shown
from apps.runs.models import Run

# How many lines a page without JavaScript has, and how many the run's page shows.
PAGE_LINES = 500
TAIL_LINES = 200
MAX_DIGITS = 15


@dataclass(frozen=True)
class StillLine:
    """A line as it is written into the page; without a number the hub says it."""

    number: int | None
    stream: str
    text: str
    is_cut: bool


def find_run(request: HttpRequest, run_id: Any, permission: str) -> Run:
    """Return a run that the reader may see; Http404 or PermissionDenied otherwise."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    run = Run.objects.visible_to(request.user).filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


def log_context(run: Run) -> dict[str, Any]:
    """Return what `admin/runs/run/log.html` shows of a log within another page."""
    log = logs.summarize(run.pk)
    first = max(1, log.lines - TAIL_LINES + 1)
    found = logs.read_lines(
        run.pk, first, log.lines, is_numbered=log.is_numbered, shows_ends=True
    )
    return _about(run, log, found) | {"is_tail": first > 1}


def _about(run: Run, log: logs.Summary, found: list[logs.LogLine]) -> dict[str, Any]:
    return {
        "run": run,
        "total": log.lines,
        "lines": [
            StillLine(line.number, line.stream, shown(line.text), line.is_cut)
            for line in found
        ],
        "api": reverse("run-log", args=[run.pk]),
        "page": reverse("admin:runs_run_log_page", args=[run.pk]),
        "raw": reverse("admin:runs_run_log_raw", args=[run.pk]),
        "gz": reverse("admin:runs_run_log_gz", args=[run.pk]),
    }


def page_context(run: Run, first_text: str) -> dict[str, Any]:
    """Return a page of a log, from the line on that was asked for; else the last."""
    log = logs.summarize(run.pk)
    is_number = first_text.isascii() and first_text.isdecimal()
    wanted = int(first_text[:MAX_DIGITS]) if is_number else log.lines
    first = _first_of_page(min(wanted, log.lines))
    last = first + PAGE_LINES - 1
    found = logs.read_lines(run.pk, first, last, is_numbered=log.is_numbered)
    return _about(run, log, found) | {
        "first": first,
        "last": min(last, log.lines),
        "is_page": True,
        "previous_page": _previous(first, log.gap),
        "next_page": _next(first, log),
        "last_page": _first_of_page(log.lines),
    }


def _first_of_page(line: int) -> int:
    return (max(line, 1) - 1) // PAGE_LINES * PAGE_LINES + 1


def _previous(first: int, gap: logs.Gap | None) -> int | None:
    """Return where the page before begins, None on the first; over a gap at once."""
    if first == 1:
        return None
    line = first - 1
    if gap is not None and gap.after_line < line < gap.next_line:
        line = gap.after_line
    return _first_of_page(line)


def _next(first: int, log: logs.Summary) -> int | None:
    line = first + PAGE_LINES
    if log.gap is not None and log.gap.after_line < line < log.gap.next_line:
        line = log.gap.next_line
    return _first_of_page(line) if line <= log.lines else None


class LogPages(admin.ModelAdmin):
    """Adds what belongs to a log to the pages of runs."""

    def get_urls(self) -> list[URLPattern]:
        def route(end: str, view: Callable[..., Any], name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(f"<uuid:run_id>/log/{end}", wrapped, name=f"runs_run_{name}")

        return [
            route("", self.whole_log, "log"),
            route("view/", self.log_page, "log_page"),
            route("raw/", self.raw_log, "log_raw"),
            route("gz/", self.gzipped_log, "log_gz"),
            *super().get_urls(),
        ]

    def whole_log(self, request: HttpRequest, run_id: Any) -> StreamingHttpResponse:
        """All that was printed, as text."""
        return log_response(find_run(request, run_id, "runs.view_run").pk)

    def raw_log(self, request: HttpRequest, run_id: Any) -> StreamingHttpResponse:
        """The button "Download"."""
        return log_download(find_run(request, run_id, "runs.view_run"))

    def gzipped_log(self, request: HttpRequest, run_id: Any) -> StreamingHttpResponse:
        """The button "gz"."""
        run = find_run(request, run_id, "runs.view_run")
        return log_download(run, is_gzipped=True)

    def log_page(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """The log as a page of its own; without JavaScript 500 lines of it."""
        run = find_run(request, run_id, "runs.view_run")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Log of %(script)s") % {"script": run.script_name},
            "original": run,
            "log": page_context(run, request.GET.get("first", "")),
        }
        return TemplateResponse(request, "admin/runs/run/log_page.html", context)
