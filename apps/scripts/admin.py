"""Scripts in the admin: what was found, its settings; the file decides the rest."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import PurePosixPath
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
from apps.scripts.version_pages import VersionPages, source_html, version_list_html
from apps.scripts.versions import current_version

# How many names of what is no script the message after a look tells.
TOLD_LEFT_OUT = 10
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
    "packages",
    "requires_python",
    "variables",
    "confirm",
    "dry_run",
    "sha256",
    "size_bytes",
    "created_at",
    "synced_at",
    "parameters",
    "reading",
    "source",
    "version_list",
)


class ScriptFilter(admin.RelatedFieldListFilter):
    """The sidebar's choice of a script: those that the reader may know of."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        visible = Script.objects.visible_to(request.user)
        return [(str(script.pk), script.name) for script in visible.only("name")]


class FolderFilter(admin.SimpleListFilter):
    """The sidebar's choice of a folder, with the folders in it."""

    title = gettext_lazy("folder")
    parameter_name = "folder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = Script.objects.visible_to(request.user).values_list("name", flat=True)
        folders = {
            str(above) for name in names for above in PurePosixPath(name).parents
        }
        return [(folder, folder) for folder in sorted(folders - {"."})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        folder = self.value()
        scripts = Script.objects.in_folder(folder) if folder else None
        return queryset if scripts is None else queryset.filter(pk__in=scripts)


@admin.register(Script)
class ScriptAdmin(VersionPages, HubAdmin):
    """A window on the scripts folder. apps.runs adds what concerns runs."""

    list_display: tuple[str, ...] = ("name", "state", "enabled", "checksum")
    list_filter = ("state", "enabled", "anonymous", FolderFilter)
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
                    "packages",
                    "requires_python",
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
        (gettext_lazy("Source"), {"fields": ("version_list", "source")}),
    )

    class Media:
        css = {"all": ("hub/source.css", "hub/source-colours.css")}

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

    @admin.display(description=gettext_lazy("dependencies"))
    def packages(self, script: Script) -> str:
        if not script.dependencies:
            return _("None; it runs in the hub's own environment.")
        return format_html_join("", "<p>{}</p>", ((d,) for d in script.dependencies))

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
        return format_html('<pre class="hub-block" tabindex="0">{}</pre>', text)

    @admin.display(description=gettext_lazy("source"))
    def source(self, script: Script) -> str:
        current = current_version(script=script)
        if current is None or current.sha256 != script.sha256:
            return _("What the file holds now is not kept.")
        return source_html(current)

    @admin.display(description=gettext_lazy("versions"))
    def version_list(self, script: Script) -> str:
        return version_list_html(script)

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
        for remark in report.remarks:
            self.message_user(request, remark, messages.WARNING)
        if report.left_out:
            self.message_user(request, _left_out_text(report.left_out))
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


def _left_out_text(left_out: dict[str, str]) -> str:
    told = [f"{name}: {why}" for name, why in islice(left_out.items(), TOLD_LEFT_OUT)]
    if len(left_out) > len(told):
        told.append("…")
    return _("No scripts:") + " " + " · ".join(told)
