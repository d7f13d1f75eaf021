"""Pausing and resuming: one schedule, those that were selected, or all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.runs import services
from apps.runs.admin.clock import now_of
from apps.runs.admin.planning_forms import PauseForm
from apps.tasks.models import Pause, Schedule
from apps.tasks.moments import hub_zone, zone_of

if TYPE_CHECKING:
    from apps.core.admin import HubAdmin as Base
else:
    Base = object


def pause_of_all(request: HttpRequest) -> Pause | None:
    """Return the pause of every schedule that holds now."""
    return Pause.objects.filter(schedule=None).open(now_of(request)).first()


class PausingMixin(Base):
    """What the schedules' admin has for pauses; it finds schedules by `find`."""

    def find(self, request: HttpRequest, schedule_id: int, permission: str) -> Schedule:
        raise NotImplementedError

    def may_pause_all(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tasks.add_pause")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages: list[tuple[str, Any, str]] = [
            ("<int:schedule_id>/pause/", self.pause_view, "pause"),
            ("<int:schedule_id>/resume/", require_POST(self.resume_view), "resume"),
            ("pause-all/", self.pause_all_view, "pause_all"),
            ("resume-all/", require_POST(self.resume_all_view), "resume_all"),
        ]
        own = [
            path(route, view(page), name=f"tasks_schedule_{name}")
            for route, page, name in pages
        ]
        return own + super().get_urls()

    # -- One ---------------------------------------------------------------------
    def pause_view(self, request: HttpRequest, schedule_id: int) -> HttpResponse:
        """The page "Pause" of a schedule."""
        schedule = self.find(request, schedule_id, "tasks.change_schedule")
        data = request.POST if request.method == "POST" else None
        form = PauseForm(data, zone_of(schedule))
        back = reverse("admin:tasks_schedule_change", args=[schedule.pk])
        if form.is_valid():
            self._pause(request, [schedule], form)
            return HttpResponseRedirect(back)
        title = _("Pause %(name)s") % {"name": f"{schedule.task}: {schedule}"}
        return self._pause_page(request, form, title, back)

    def resume_view(self, request: HttpRequest, schedule_id: int) -> HttpResponse:
        """The button "Resume" of a schedule."""
        schedule = self.find(request, schedule_id, "tasks.change_schedule")
        self._resume(request, [schedule])
        url = reverse("admin:tasks_schedule_change", args=[schedule.pk])
        return HttpResponseRedirect(url)

    # -- Several -----------------------------------------------------------------
    @admin.action(
        description=gettext_lazy("Pause selected schedules…"), permissions=["change"]
    )
    def pause_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> HttpResponse | None:
        """Ask until when and why, and come here again with the answer."""
        data = request.POST if "until" in request.POST else None
        form = PauseForm(data, hub_zone())
        chosen = list(queryset.select_related("task"))
        if form.is_valid():
            self._pause(request, chosen, form)
            return None
        hidden = [(ACTION_CHECKBOX_NAME, schedule.pk) for schedule in chosen]
        return self._pause_page(
            request,
            form,
            _("Pause selected schedules"),
            reverse("admin:tasks_schedule_changelist"),
            hidden=[("action", "pause_selected"), *hidden],
            names=[f"{schedule.task}: {schedule}" for schedule in chosen],
        )

    @admin.action(
        description=gettext_lazy("Resume selected schedules"), permissions=["change"]
    )
    def resume_selected(
        self, request: HttpRequest, queryset: QuerySet[Schedule]
    ) -> None:
        self._resume(request, list(queryset))

    # -- All ---------------------------------------------------------------------
    def pause_all_view(self, request: HttpRequest) -> HttpResponse:
        """The one switch that pauses every schedule."""
        if not self.may_pause_all(request):
            raise PermissionDenied
        form = PauseForm(request.POST if request.method == "POST" else None, hub_zone())
        back = reverse("admin:tasks_schedule_changelist")
        if form.is_valid():
            services.pause(schedule=None, **_terms(request, form))
            self.message_user(request, _("Every schedule is paused."), messages.WARNING)
            return HttpResponseRedirect(back)
        return self._pause_page(request, form, _("Pause every schedule"), back)

    def resume_all_view(self, request: HttpRequest) -> HttpResponse:
        """The button in the banner."""
        if not self.may_pause_all(request):
            raise PermissionDenied
        if services.resume(schedule=None):
            text = _(
                "The pause of every schedule is over; those paused by themselves "
                "stay so."
            )
        else:
            text = _("There was no pause of every schedule.")
        self.message_user(request, text)
        return HttpResponseRedirect(reverse("admin:tasks_schedule_changelist"))

    # -- Shared ------------------------------------------------------------------
    def _pause(
        self, request: HttpRequest, schedules: Sequence[Schedule], form: PauseForm
    ) -> None:
        for schedule in schedules:
            services.pause(schedule=schedule, **_terms(request, form))
        n = len(schedules)
        text = ngettext("Paused %(n)d schedule.", "Paused %(n)d schedules.", n)
        self.message_user(request, text % {"n": n})

    def _resume(self, request: HttpRequest, schedules: Sequence[Schedule]) -> None:
        n = sum(services.resume(schedule=schedule) > 0 for schedule in schedules)
        if not n:
            text = _("None of them was paused by itself.")
            self.message_user(request, text, messages.WARNING)
            return
        text = ngettext("Resumed %(n)d schedule.", "Resumed %(n)d schedules.", n)
        self.message_user(request, text % {"n": n})

    def _pause_page(
        self,
        request: HttpRequest,
        form: PauseForm,
        title: str,
        back: str,
        *,
        hidden: Sequence[tuple[str, Any]] = (),
        names: Sequence[str] = (),
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "verb": _("Pause"),
            "back": back,
            "hidden": hidden,
            "names": names,
        }
        return TemplateResponse(request, "admin/runs/asking.html", context)


def _terms(request: HttpRequest, form: PauseForm) -> dict[str, Any]:
    return {
        "until": form.cleaned_data["until"],
        "reason": form.cleaned_data["reason"],
        "by": request.user.get_username(),
    }
