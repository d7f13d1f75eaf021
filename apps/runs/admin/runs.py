"""One run in the admin: what is asked for on its page, Cancel and Run again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core.admin import ReadOnlyAdmin
from apps.core.errors import HubError
from apps.runs import services
from apps.runs.admin.artifacts import ArtifactPages
from apps.runs.admin.asking import start_or_ask
from apps.runs.admin.log import LogPages, find_run
from apps.runs.admin.run_list import RunList
from apps.runs.admin.run_page import RunPages
from apps.runs.models import Run, Trigger


@admin.register(Run)
class RunAdmin(RunList, RunPages, ArtifactPages, LogPages, ReadOnlyAdmin):
    """A window on runs: nothing here is edited, only asked for."""

    def get_urls(self) -> list[URLPattern]:
        def post(view: Any) -> Any:
            return require_POST(self.admin_site.admin_view(view))

        return [
            path("<uuid:run_id>/cancel/", post(self.cancel), name="runs_run_cancel"),
            path("<uuid:run_id>/again/", post(self.again), name="runs_run_again"),
            *super().get_urls(),
        ]

    def cancel(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """The button "Cancel"."""
        run = find_run(request, run_id, "runs.cancel_run")
        try:
            services.cancel_run(run=run)
        except HubError as exc:
            self.message_user(request, exc.message, messages.WARNING)
        else:
            self.message_user(request, _("The run was asked to stop."))
        return _to_run(run)

    def again(self, request: HttpRequest, run_id: Any) -> HttpResponse:
        """The button "Run again"."""
        run = find_run(request, run_id, "scripts.run_script")
        return start_or_ask(
            self,
            request,
            lambda reason, once: services.run_again(
                run=run,
                user=request.user,
                trigger=Trigger.ADMIN,
                reason=reason,
                once=once,
            ),
            name=run.script_name,
            back=reverse("admin:runs_run_change", args=[run.pk]),
        )


def _to_run(run: Run) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[run.pk]))
