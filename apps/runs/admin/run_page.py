"""The page of one run, and the parts of it that follow what happens to the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from apps.core.api.params import parse_uuid
from apps.runs.admin.artifacts import artifacts_context
from apps.runs.admin.log import log_context
from apps.runs.admin.run_changes import changes_of
from apps.runs.admin.run_facts import Facts
from apps.runs.admin.run_head import ACTIVE_MS, RETRY_MS, head_of
from apps.runs.admin.run_timeline import Retries, retries, timeline
from apps.runs.models import Run

# What the page shows of these in any case, read with the run itself.
RELATED = ("script", "task", "schedule__task", "version")


class RunPages(admin.ModelAdmin):
    """Adds the page of one run, in the place of Django's form, to the admin of runs."""

    def get_urls(self) -> list[URLPattern]:
        view: Callable[..., Any] = self.admin_site.admin_view(self.live_view)
        return [
            path("<uuid:run_id>/live/", view, name="runs_run_live"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page: whole, and with the end of the log for those without JavaScript."""
        is_looking = request.method in {"GET", "HEAD"}
        if not is_looking or not self.has_view_permission(request):
            raise PermissionDenied
        run = _find(request, parse_uuid(unquote(object_id)))
        if run is None:
            # Django's own way to tell of what is not there.
            return super().change_view(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            **_parts(request, run, is_whole=True),
            "opts": self.opts,
            "media": self.media,
            "original": run,
            "log": log_context(run),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/runs/run/change_form.html", context)

    def live_view(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """The parts that change, for page.js; all of them when the run's state is
        another than the one that it has."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = _find(request, run_id)
        if run is None:
            raise Http404
        context = _parts(request, run, is_whole=False)
        return render(request, "admin/runs/run/live.html", context)


def _find(request: HttpRequest, run_id: Any) -> Run | None:
    if run_id is None:
        return None
    seen = Run.objects.visible_to(request.user).select_related(*RELATED)
    return seen.defer("version__packed").filter(pk=run_id).first()


def _parts(request: HttpRequest, run: Run, *, is_whole: bool) -> dict[str, Any]:
    head, others = head_of(run), retries(run, request.user)
    context = {
        "run": run,
        "head": head,
        "every_ms": _every_ms(run, others),
        "steps": timeline(run),
        "retries": others,
        "may_cancel": request.user.has_perm("runs.cancel_run"),
        "may_run": request.user.has_perm("scripts.run_script"),
        "is_whole": is_whole or request.GET.get("state") != head.state,
    }
    if context["is_whole"]:
        changes = changes_of(run)
        last = changes.last if changes else None
        context |= {
            "facts": Facts(run, request.user, last),
            "changes": changes,
            "artifacts": artifacts_context(run, request),
        }
    return context


def _every_ms(run: Run, others: Retries) -> int:
    """Return how often to ask for what is new, in milliseconds; 0: nothing will be."""
    if run.is_active:
        return ACTIVE_MS
    return RETRY_MS if others.are_active else 0
