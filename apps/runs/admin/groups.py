"""What runs add to the list of concurrency groups: who holds places, and who waits."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.templatetags.hub import moment
from apps.runs.listing import visible_scripts
from apps.runs.models import Run, RunStatus
from apps.scripts.models import Script
from apps.tasks.admin import ConcurrencyGroupAdmin
from apps.tasks.models import ConcurrencyGroup, Task

# Of more waiting runs it is only said that they are more.
MOST_LOOKED_AT = 2000

admin.site.unregister(ConcurrencyGroup)


@admin.register(ConcurrencyGroup)
class RunGroupAdmin(ConcurrencyGroupAdmin):
    """Groups with the runs that go on in them now."""

    change_list_template = "admin/runs/groups.html"
    list_display = ("name", "max_running", "holders", "waiting", "notes")
    when_empty = gettext_lazy(
        "No group has a size of its own, so of each that a task or a script names one "
        "run goes on at a time."
    )
    then_add = gettext_lazy("Add one here to let more go on.")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown: Any = super().get_changelist_instance(request)
        going = _going(request)
        waiting, is_cut = _waiting()
        for group in shown.result_list:
            group.going = going[group.name]
            group.waiting = _counted(waiting[group.name], is_cut)
        return shown

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"unlisted": _unlisted(request)}
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description=gettext_lazy("goes on now"))
    def holders(self, group: Any) -> SafeString | str:
        """The runs that hold its places, with links to those that may be seen."""
        if not group.going:
            return "-"
        return format_html_join("", '<span class="hub-going">{}</span>', group.going)

    @admin.display(description=gettext_lazy("waits"))
    def waiting(self, group: Any) -> str:
        text: str = group.waiting
        return text


def _going(request: HttpRequest) -> dict[str, list[tuple[SafeString | str]]]:
    """What goes on in each group; there is no more of it than there are slots."""
    scripts = visible_scripts(request.user)
    may = request.user.has_perm("runs.view_run")
    found: dict[str, list[tuple[SafeString | str]]] = defaultdict(list)
    going = Run.objects.filter(status=RunStatus.RUNNING).exclude(group="")
    columns = ("id", "group", "script", "script_name", "task__name", "claimed_at")
    for row in going.order_by("id").values(*columns):
        if may and (scripts is None or row["script"] in scripts):
            link = format_html(
                '<a href="{}">{}</a> <span class="hub-quiet">{} {}</span>',
                reverse("admin:runs_run_change", args=[row["id"]]),
                row["task__name"] or row["script_name"],
                _("since"),
                moment(row["claimed_at"], "short"),
            )
            found[row["group"]].append((link,))
        else:
            found[row["group"]].append((_("a run that you may not see"),))
    return found


def _waiting() -> tuple[Counter[str], bool]:
    """How many runs of each group wait, and whether not all were looked at."""
    queued = Run.objects.filter(status=RunStatus.QUEUED).order_by()
    names = list(queued.values_list("group", flat=True)[: MOST_LOOKED_AT + 1])
    return Counter(names), len(names) > MOST_LOOKED_AT


def _counted(number: int, is_cut: bool) -> str:
    if is_cut:
        return f"{number}+"
    return str(number) if number else "-"


def _unlisted(request: HttpRequest) -> list[str]:
    """Groups that what the reader knows of names, and that have no size of their own."""
    visible = Script.objects.visible_to(request.user).order_by()
    named = set(visible.exclude(group="").values_list("group", flat=True))
    tasks = Task.objects.filter(script__in=visible.values("pk")).exclude(group="")
    named |= set(tasks.order_by().values_list("group", flat=True))
    return sorted(named - set(ConcurrencyGroup.objects.values_list("name", flat=True)))
