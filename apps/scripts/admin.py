"""Scripts in the admin: what was found, its settings; the file decides the rest."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.admin import HubAdmin
from apps.core.errors import HubError
from apps.scripts import services
from apps.scripts.list_filters import FolderFilter, QueueFilter, TagFilter, with_tag
from apps.scripts.models import Script, ScriptState
from apps.scripts.parameter_table import parameter_rows, reading_notes
from apps.scripts.version_pages import VersionPages, source_html
from apps.scripts.versions import current_version

# How many names of what is no script the message after a look tells.
TOLD_LEFT_OUT = 10
SETTINGS = ("enabled", "groups")
FACTS = (
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
)


class ScriptFilter(admin.RelatedFieldListFilter):
    """The sidebar's choice of a script: those that the reader may know of."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        visible = Script.objects.visible_to(request.user)
        return [(str(script.pk), script.name) for script in visible.only("name")]


@admin.register(Script)
class ScriptAdmin(VersionPages, HubAdmin):
    """A window on the scripts folder. apps.runs adds what concerns runs."""

    list_display: tuple[str, ...] = ("named", "labels")
    # The name leads to the page by itself: what stands below it is no link.
    list_display_links = None
    list_filter = (
        "state",
        "enabled",
        FolderFilter,
        TagFilter,
        QueueFilter,
        "anonymous",
    )
    search_fields = ("name", "title", "description")
    search_help_text = gettext_lazy("Names, titles, descriptions and tags.")
    readonly_fields = FACTS
    fieldsets = (
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
                )
            },
        ),
        (
            gettext_lazy("File"),
            {"fields": ("sha256", "size_bytes", "created_at", "synced_at")},
        ),
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Script], search_term: str
    ) -> tuple[QuerySet[Script], bool]:
        """Find each word in the name, the title, the description or a tag."""
        for word in search_term.replace("\0", "").split():
            fits = Q(pk__in=with_tag(word, part=True))
            for column in self.search_fields:
                fits |= Q(**{f"{column}__icontains": word})
            queryset = queryset.filter(fits)
        return queryset, False

    def nothing_yet(self, request: HttpRequest) -> str:
        about = {"folder": settings.SCRIPTS_DIR}
        if not request.user.has_perm("scripts.change_script"):
            text = _("There is no script that you may see; the folder is %(folder)s.")
            return text % about
        return (
            _(
                "There is no script yet. Put an executable file into %(folder)s, then look "
                "into the folder again with the button above."
            )
            % about
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        visible = Script.objects.visible_to(request.user)
        broken = visible.filter(state=ScriptState.BROKEN).count()
        context = {"broken": broken, "folder": settings.SCRIPTS_DIR}
        return super().changelist_view(request, context | (extra_context or {}))

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
            context |= self._reading_context(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _reading_context(self, script: Script) -> dict[str, Any]:
        """What the page tells of a script's file: how it was read, and its versions."""
        current = current_version(script=script)
        kept = current if current and current.sha256 == script.sha256 else None
        unkept = _("What the file holds now is not kept.")
        return {
            "parameters": parameter_rows(script, kept),
            "notes": reading_notes(script),
            "current": current,
            "source": source_html(kept) if kept else unkept,
            "versions": self.version_rows(script),
        }

    @admin.display(description=gettext_lazy("script"), ordering="name")
    def named(self, script: Script) -> SafeString:
        """Its title and name, and what is wrong with it."""
        url = reverse("admin:scripts_script_change", args=[script.pk])
        about = {"url": url, "name": script.name, "title": script.title}
        if script.title:
            parts = '<a href="{url}">{title}</a><code class="hub-under">{name}</code>'
        else:
            parts = '<a href="{url}"><code>{name}</code></a>'
        return format_html("{}{}", format_html(parts, **about), _wrong(script))

    @admin.display(description=gettext_lazy("tags, queue"))
    def labels(self, script: Script) -> SafeString | str:
        tags = format_html_join(
            " ", '<span class="hub-tag">{}</span>', ((tag,) for tag in script.tags)
        )
        queue = script.queue and format_html(
            '<span class="hub-quiet">{}</span>',
            _("queue %(name)s") % {"name": script.queue},
        )
        return format_html("{} {}", tags, queue) if tags or queue else "-"

    @admin.display(description=gettext_lazy("environment"))
    def variables(self, script: Script) -> str:
        lines = (script.environment or {}).items()
        if not lines:
            return "-"
        return format_html_join("", "<div><code>{}={}</code></div>", lines)

    @admin.display(description=gettext_lazy("dependencies"))
    def packages(self, script: Script) -> str:
        if not script.dependencies:
            return _("None; it runs in the hub's own environment.")
        return format_html_join("", "<p>{}</p>", ((d,) for d in script.dependencies))

    def get_urls(self) -> list[URLPattern]:
        sync = require_POST(self.admin_site.admin_view(self.sync))
        left_out = self.admin_site.admin_view(self.left_out)
        return [
            path("sync/", sync, name="scripts_script_sync"),
            path("left-out/", left_out, name="scripts_script_left_out"),
            *super().get_urls(),
        ]

    def left_out(self, request: HttpRequest) -> HttpResponse:
        """What is in the folder and no script, and why."""
        if not request.user.has_perm("scripts.change_script"):
            # The names of files that were scripts are not for everybody.
            raise PermissionDenied
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("What is left out"),
            "opts": self.opts,
            "folder": settings.SCRIPTS_DIR,
        }
        try:
            context["report"] = services.read_left_out()
        except HubError as exc:
            context["problem"] = exc.message
        return TemplateResponse(request, "admin/scripts/script/left_out.html", context)

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


def _wrong(script: Script) -> SafeString | str:
    """Return why a script cannot be run; empty where it can."""
    if script.state != ScriptState.OK:
        return format_html(
            '<span class="hub-under"><span class="hub-pill hub-{}">{}</span> {}</span>',
            "wrong" if script.state == ScriptState.BROKEN else "missed",
            script.get_state_display(),
            script.problem,
        )
    if not script.enabled:
        return format_html(
            '<span class="hub-under"><span class="hub-pill hub-disabled">{}</span></span>',
            _("disabled"),
        )
    return ""


def _left_out_text(left_out: dict[str, str]) -> str:
    told = [f"{name}: {why}" for name, why in islice(left_out.items(), TOLD_LEFT_OUT)]
    if len(left_out) > len(told):
        told.append("…")
    return _("No scripts:") + " " + " · ".join(told)
