"""What runs add to the pages of scripts: "Run" and the last run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.templatetags.hub import moment
from apps.runs.admin.records import RecordMixin, rate_html
from apps.runs.admin.runnable import may_run, why_not
from apps.runs.admin.script_page import overview, record_words
from apps.runs.admin.starting_page import RunPage
from apps.runs.models import Run, RunStatus
from apps.runs.services.versions import count_runs
from apps.scripts import services as scripts
from apps.scripts.admin import ScriptAdmin
from apps.scripts.models import Script, ScriptVersion
from apps.tasks.favourites import favourite_scripts

admin.site.unregister(Script)


class LastRunMixin:
    """A column that links to the last run, from one query for the whole list."""

    def with_last_run(self, queryset: QuerySet[Any], column: str) -> QuerySet[Any]:
        last = Run.objects.filter(**{column: OuterRef("pk")}).order_by("-id")
        return queryset.annotate(
            last_run_id=Subquery(last.values("id")[:1]),
            last_run_status=Subquery(last.values("status")[:1]),
            last_run_at=Subquery(last.values("queued_at")[:1]),
        )

    @admin.display(description=gettext_lazy("last run"))
    def last_run(self, row: Any) -> str:
        if row.last_run_id is None:
            return "-"
        return format_html(
            '<a class="hub-pill hub-{}" href="{}">{}</a>'
            '<span class="hub-under hub-time">{}</span>',
            row.last_run_status,
            reverse("admin:runs_run_change", args=[row.last_run_id]),
            RunStatus(row.last_run_status).label,
            moment(row.last_run_at, "short"),
        )


@admin.register(Script)
class RunnableScriptAdmin(RecordMixin, LastRunMixin, ScriptAdmin):
    """The page of a script with "Run"."""

    list_display = (
        *ScriptAdmin.list_display,
        "last_run",
        "success_rate",
        "usual_time",
        "buttons",
    )
    change_form_template = "admin/runs/script/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Script]:
        return self.with_last_run(super().get_queryset(request), "script")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Give each row what its buttons depend on: who reads, and where to go back."""
        shown: Any = super().get_changelist_instance(request)
        may = request.user.has_perm("scripts.run_script")
        starred = favourite_scripts(user=request.user)
        for script in shown.result_list:
            script.is_offered = may and not why_not(script)
            script.is_favourite = script.pk in starred
            script.back = request.get_full_path()
        return shown

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Script | None = None,
    ) -> HttpResponse:
        if obj is not None:
            context |= overview(request, obj)
            context |= {
                "title": obj.title or obj.name,
                "subtitle": None,
                "may_run": may_run(request, obj),
                "why_not": why_not(obj),
                "rate": rate_html(context["record"]),
                "record_words": record_words(context["record"]),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def run_counts(self, found: list[ScriptVersion]) -> dict[int, int]:
        return count_runs(found)

    @admin.display(description="")
    def buttons(self, script: Any) -> SafeString:
        """Run, where it can be, and the star.

        Buttons of the list's own form that send it elsewhere: it has the token.
        """
        run = script.is_offered and format_html(
            '<a class="hub-small" href="{}" aria-label="{}">{}</a>',
            reverse("admin:runs_script_run", args=[script.pk]),
            _("Run %(name)s…") % {"name": script.name},
            _("Run…"),
        )
        view = "hub_no_favourite" if script.is_favourite else "hub_favourite"
        star = format_html(
            '<button class="hub-star-small" type="submit" formaction="{}" name="next" '
            'value="{}" aria-pressed="{}" aria-label="{}">{}</button>',
            reverse(f"admin:{view}", args=["script", script.pk]),
            script.back,
            "true" if script.is_favourite else "false",
            _("Favourite: %(name)s") % {"name": script.name},
            "★" if script.is_favourite else "☆",
        )
        return format_html('<span class="hub-buttons">{}{}</span>', run or "", star)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:script_id>/run/", view(self.run_view), name="runs_script_run"),
            path(
                "<int:script_id>/run/commands/",
                view(require_POST(self.commands_view)),
                name="runs_script_commands",
            ),
            path(
                "<int:script_id>/run/choices/",
                view(require_POST(self.choices_view)),
                name="runs_script_offers",
            ),
            path(
                "<int:script_id>/run/presets/<int:preset_id>/delete/",
                view(require_POST(self.delete_preset_view)),
                name="runs_preset_delete",
            ),
            *super().get_urls(),
        ]

    def run_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """The form of a script's parameters."""
        return self._page(request, script_id).answer()

    def commands_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """What the form as it is filled in comes to, while somebody types."""
        return self._page(request, script_id).commands()

    def choices_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """What may be chosen for one parameter, while somebody types."""
        return self._page(request, script_id).choices()

    def delete_preset_view(
        self, request: HttpRequest, script_id: int, preset_id: int
    ) -> HttpResponse:
        """The button that deletes a preset."""
        return self._page(request, script_id).delete_preset(preset_id)

    def _page(self, request: HttpRequest, script_id: int) -> RunPage:
        if not request.user.has_perm("scripts.run_script"):
            raise PermissionDenied
        script = Script.objects.visible_to(request.user).filter(pk=script_id).first()
        if script is None:
            raise Http404
        scripts.refresh_script(script=script)
        return RunPage(self, request, script)
