"""The list of runs in the admin, and the columns that a run's page shows too."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from apps.core.api.params import parse_uuid
from apps.runs.admin.exporting import export
from apps.runs.admin.run_list_actions import RunActions
from apps.runs.admin.run_list_filters import read_filters
from apps.runs.admin.run_list_page import MOST_NEWER, PAGE, RunChangeList
from apps.runs.admin.run_list_rows import shown_rows
from apps.runs.models import Run
from apps.runs.searching import rows_of


class RunList(RunActions):
    """Adds the list to the admin of runs."""

    change_list_template = "admin/runs/run/change_list.html"
    list_per_page = PAGE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return Run.objects.visible_to(request.user)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return RunChangeList

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("live/", view(self.live_list_view), name="runs_run_list_live"),
            path("export/", view(self.export_view), name="runs_run_export"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "may_run": request.user.has_perm("scripts.run_script"),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def live_list_view(self, request: HttpRequest) -> HttpResponse:
        """The rows that a page shows (`rows`: their ids), as they are now, and how many
        newer ones there are than its first (`top`)."""
        self._check_view(request)
        texts = request.GET.get("rows", "").split(",")[:PAGE]
        ids = [run for text in texts if (run := parse_uuid(text))]
        runs = self.get_queryset(request).filter(pk__in=ids).order_by("-pk")
        top = parse_uuid(request.GET.get("top", ""))
        context = {
            "rows": shown_rows(rows_of(runs), request.user),
            "newer": self._count_newer(request, top) if top else 0,
            "most_newer": MOST_NEWER,
        }
        return TemplateResponse(
            request, "admin/runs/run/change_list_live.html", context
        )

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """All runs that match, as a file."""
        self._check_view(request)
        filters = read_filters(request)
        if filters.problems:
            self.message_user(request, " ".join(filters.problems), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:runs_run_changelist"))
        return export(filters.search.every())

    def _check_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _count_newer(self, request: HttpRequest, top: uuid.UUID) -> int:
        search = read_filters(request).search
        return len(search.look(top, False, MOST_NEWER + 1).rows)
