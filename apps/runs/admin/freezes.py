"""Freeze windows in the admin."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, OrderBy, Q, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from apps.core.admin import HubAdmin
from apps.core.durations import duration_text
from apps.core.templatetags.hub import moment
from apps.runs import services
from apps.runs.admin.clock import now_of
from apps.runs.admin.planning_forms import FreezeForm
from apps.runs.admin.schedules import MAX_ID, visible_tasks
from apps.runs.frozen import Held, held_fires
from apps.tasks.models import FreezeWindow

# How many schedules the page of a window names.
MOST_NAMED = 20


class WhenFilter(admin.SimpleListFilter):
    """The choice of windows that hold now, that come, or that are over."""

    title = gettext_lazy("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", _("holds now")), ("coming", _("to come")), ("past", _("over"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[FreezeWindow]
    ) -> QuerySet[FreezeWindow]:
        now = now_of(request)
        match self.value():
            case "now":
                return queryset.filter(start__lte=now, end__gt=now)
            case "coming":
                return queryset.filter(start__gt=now)
            case "past":
                return queryset.filter(end__lte=now)
        return queryset


class TagFilter(admin.SimpleListFilter):
    """The choice of a tag; windows without one have none to choose."""

    title = gettext_lazy("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tags = FreezeWindow.objects.exclude(tag="").order_by("tag")
        return [(tag, tag) for tag in tags.values_list("tag", flat=True).distinct()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[FreezeWindow]
    ) -> QuerySet[FreezeWindow]:
        tag = self.value()
        return queryset if tag is None else queryset.filter(tag=tag)


@admin.register(FreezeWindow)
class FreezeWindowAdmin(HubAdmin):
    """Times in which nothing is started by a schedule."""

    form = FreezeForm
    change_list_template = "admin/runs/freezes/change_list.html"
    change_form_template = "admin/runs/freezes/change_form.html"
    list_display = ("reason", "state", "whom", "begins", "ends", "length", "held")
    list_filter = (WhenFilter, TagFilter)
    list_select_related = ("task",)
    search_fields = ("reason", "tag", "task__name")
    fields = ("reason", "start", "end", "task", "tag")
    when_empty = gettext_lazy(
        "No freeze window is planned. In one, no schedule starts anything, and a person "
        "only with a reason: before a release or a move, say."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[FreezeWindow]:
        theirs = Q(task=None) | Q(task__in=visible_tasks(request))
        return super().get_queryset(request).filter(theirs)

    def get_ordering(self, request: HttpRequest) -> Any:
        """What holds now first, then what comes, then what was, the latest first."""
        now = now_of(request)
        rank = Case(
            When(end__lte=now, then=Value(2)),
            When(start__lte=now, then=Value(0)),
            default=Value(1),
        )
        coming = Case(When(end__gt=now, then=F("start")))
        return (OrderBy(rank), OrderBy(coming, nulls_last=True), "-end")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown: Any = super().get_changelist_instance(request)
        now = now_of(request)
        found = held_fires(shown.result_list, now)
        for window in shown.result_list:
            window.held, window.seen_at = found.get(window.pk), now
        return shown

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "holding": _holding_now(self.get_queryset(request), now_of(request)),
            "may_end": self.has_change_permission(request),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: FreezeWindow | None = None,
    ) -> HttpResponse:
        if obj is not None and obj.pk is not None:
            # As it is stored, whatever was typed.
            stored, now = FreezeWindow.objects.filter(pk=obj.pk), now_of(request)
            window = stored.select_related("task").first()
            held = held_fires([window], now)[window.pk] if window else []
            known = set(visible_tasks(request).values_list("pk", flat=True))
            held = [each for each in held if each.schedule.task_id in known]
            context |= {
                "held": held[:MOST_NAMED],
                "held_words": _held_words(held),
                "holding": _holding_now(stored, now),
                "may_end": self.has_change_permission(request, obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        end = self.admin_site.admin_view(require_POST(self.end_view))
        own = path("<int:window_id>/end/", end, name="tasks_freezewindow_end")
        return [own, *super().get_urls()]

    def end_view(self, request: HttpRequest, window_id: int) -> HttpResponse:
        """The button "End now"."""
        found = self.get_queryset(request).filter(pk=min(window_id, MAX_ID)).first()
        if found is None:
            raise Http404
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        if services.end_freeze(window=found):
            text = _("The freeze window is over: schedules fire again.")
            self.message_user(request, text, messages.SUCCESS)
        else:
            text = _("It does not hold now, so there is nothing to end.")
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:tasks_freezewindow_changelist"))

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "task":
            kwargs["queryset"] = visible_tasks(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("holds for"))
    def whom(self, window: FreezeWindow) -> str:
        if window.task is not None:
            return window.task.name
        if window.tag:
            return _("tasks that bear %(tag)s") % {"tag": window.tag}
        return _("all tasks")

    @admin.display(description=gettext_lazy("start"), ordering="start")
    def begins(self, window: FreezeWindow) -> str:
        return moment(window.start, "minute")

    @admin.display(description=gettext_lazy("end"), ordering="end")
    def ends(self, window: FreezeWindow) -> str:
        return moment(window.end, "minute")

    @admin.display(description=gettext_lazy("how long"))
    def length(self, window: FreezeWindow) -> str:
        return duration_text((window.end - window.start).total_seconds())

    @admin.display(description=gettext_lazy("holds back"))
    def held(self, window: Any) -> str:
        """How many fires that are still to come it will keep from starting."""
        if window.held is None or window.end <= window.seen_at:
            return "-"
        return _held_words(window.held)

    @admin.display(description=gettext_lazy("state"))
    def state(self, window: Any) -> SafeString:
        if window.end <= window.seen_at:
            css, text = "over", _("over")
        elif window.start <= window.seen_at:
            css, text = "freeze", _("holds now")
        else:
            css, text = "on", _("to come")
        return format_html('<span class="hub-pill hub-{}">{}</span>', css, text)

    def save_model(
        self, request: HttpRequest, obj: FreezeWindow, form: Any, change: bool
    ) -> None:
        services.save_freeze(window=obj, changed=form.changed_data if change else None)

    def delete_model(self, request: HttpRequest, obj: FreezeWindow) -> None:
        services.delete_freeze(window=obj)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[FreezeWindow]
    ) -> None:
        for window in queryset:
            services.delete_freeze(window=window)


def _holding_now(windows: QuerySet[FreezeWindow], now: datetime) -> list[FreezeWindow]:
    open_now = windows.filter(start__lte=now, end__gt=now)
    return list(open_now.select_related("task").order_by("end"))


def _held_words(held: list[Held]) -> str:
    if not held:
        return _("no fire")
    fires = sum(each.fires for each in held)
    return ngettext("%(n)d fire", "%(n)d fires", fires) % {"n": fires}
