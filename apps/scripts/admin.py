"""Scripts in the admin: what was found, its settings; the file decides the rest."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.admin import HubAdmin
from apps.core.errors import HubError
from apps.scripts import services
from apps.scripts.models import Script

SETTINGS = ("enabled", "groups")
FACTS = (
    "name",
    "state",
    "problem",
    "title",
    "description",
    "anonymous",
    "timeout_s",
    "queue",
    "max_running",
    "group",
    "interpreter",
    "variables",
    "confirm",
    "dry_run",
    "sha256",
    "size_bytes",
    "created_at",
    "synced_at",
    "parameters",
    "reading",
)


class ScriptFilter(admin.RelatedFieldListFilter):
    """The sidebar's choice of a script: those that the reader may know of."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        visible = Script.objects.visible_to(request.user)
        return [(str(script.pk), script.name) for script in visible.only("name")]


@admin.register(Script)
class ScriptAdmin(HubAdmin):
    """A window on the scripts folder. apps.runs adds what concerns runs."""

    list_display: tuple[str, ...] = ("name", "state", "enabled", "checksum")
    list_filter = ("state", "enabled", "anonymous")
    search_fields = ("name", "title", "description")
    readonly_fields = FACTS
    fieldsets = (
        (None, {"fields": ("name", "title", "description", "state", "problem")}),
        (gettext_lazy("Who and whether"), {"fields": (*SETTINGS, "anonymous")}),
        (
            gettext_lazy("From its header"),
            {
                "fields": (
                    "timeout_s",
                    "queue",
                    "max_running",
                    "group",
                    "interpreter",
                    "variables",
                    "confirm",
                    "dry_run",
                    "parameters",
                    "reading",
                )
            },
        ),
        (
            gettext_lazy("File"),
            {"fields": ("sha256", "size_bytes", "created_at", "synced_at")},
        ),
    )
    change_list_template = "admin/scripts/script/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Script]:
        return Script.objects.visible_to(request.user)

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Show groups as boxes to tick; they are few."""
        # The admin has a style for a list of choices with this class.
        kwargs["widget"] = forms.CheckboxSelectMultiple(attrs={"class": "radiolist"})
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Scripts come from the folder alone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Their runs stay, so their rows do."""
        return False

    @admin.display(description=gettext_lazy("checksum"))
    def checksum(self, script: Script) -> str:
        return script.sha256[:12]

    @admin.display(description=gettext_lazy("environment"))
    def variables(self, script: Script) -> str:
        lines = (script.environment or {}).items()
        if not lines:
            return "-"
        return format_html_join("", "<div><code>{}={}</code></div>", lines)

    @admin.display(description=gettext_lazy("how they were read"))
    def reading(self, script: Script) -> str:
        if not script.notes:
            return _("Completely.")
        return format_html_join(
            "",
            "<p>{}: {}</p>",
            (
                (_("Line %(line)d") % note, services.note_sentence(note))
                for note in script.notes
            ),
        )

    @admin.display(description=gettext_lazy("parameters"))
    def parameters(self, script: Script) -> str:
        properties = script.parameters_schema.get("properties", {})
        if not properties:
            return _("It takes none.")
        shown = {
            name: {key: value for key, value in about.items() if key != "x-hub"}
            for name, about in properties.items()
        }
        text = json.dumps(shown, ensure_ascii=False, indent=2)
        return format_html("<pre>{}</pre>", text)

    def get_urls(self) -> list[URLPattern]:
        sync = require_POST(self.admin_site.admin_view(self.sync))
        return [path("sync/", sync, name="scripts_script_sync"), *super().get_urls()]

    def sync(self, request: HttpRequest) -> HttpResponse:
        """The button "Look into the folder again"."""
        if not request.user.has_perm("scripts.change_script"):
            self.message_user(
                request, _("Your role does not allow this."), messages.ERROR
            )
        else:
            self._sync(request)
        return HttpResponseRedirect(reverse("admin:scripts_script_changelist"))

    def _sync(self, request: HttpRequest) -> None:
        try:
            report = services.sync_scripts()
        except HubError as exc:
            self.message_user(request, exc.message, messages.ERROR)
            return
        self.message_user(
            request,
            _(
                "%(total)d in the folder: %(added)d new, %(changed)d changed, "
                "%(missing)d gone, %(broken)d broken."
            )
            % {
                "total": report.total,
                "added": len(report.added),
                "changed": len(report.changed),
                "missing": len(report.missing),
                "broken": len(report.broken),
            },
        )
