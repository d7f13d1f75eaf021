"""Workers in the admin: who serves which queue, what runs there, and what lacks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from apps.core.admin import ReadOnlyAdmin
from apps.runs.crew import crew
from apps.runs.models import Worker


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """One page that follows what happens; a worker's own page has all its facts."""

    def get_urls(self) -> list[URLPattern]:
        live = self.admin_site.admin_view(self.live_view)
        return [path("live/", live, name="runs_worker_live"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            **self._crew_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/runs/workers.html", context)

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The part that live.js asks for every few seconds."""
        context = self._crew_context(request)
        answer = render(request, "admin/runs/workers_live.html", context)
        answer["Cache-Control"] = "no-store"
        return answer

    def _crew_context(self, request: HttpRequest) -> dict[str, Any]:
        if not self.has_view_permission(request):
            raise PermissionDenied
        queue = request.GET.get("queue", "").replace("\0", "")[:64]
        return {"crew": crew(request.user, queue), "queue": queue}
