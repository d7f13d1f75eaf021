"""What a script held and holds, in the admin: versions, their sources, differences."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from apps.core.errors import HubError
from apps.scripts import versions
from apps.scripts.differences import Line
from apps.scripts.models import Script, ScriptVersion

VERSIONS_A_PAGE = 50
# What a page shows of a difference; the API has all of it.
MAX_SHOWN_LINES = 5000
MAX_SHOWN_CHARACTERS = 2000
# How many versions the script's own page names.
NAMED = 5


def source_html(version: ScriptVersion) -> str:
    """Return the source of a version as HTML, or why there is none."""
    text = version.text
    if text is None:
        return versions.why_no_source(version)
    # Its library is loaded where somebody looks at a source.
    highlighting = import_module("apps.scripts.highlighting")
    parts = [highlighting.highlighted(version.script.name, text)]
    if highlighting.is_plain(text):
        note = _("It is shown without colours, since it is long or has a long line.")
        parts.insert(0, format_html('<p class="help">{}</p>', note))
    return format_html_join("", "{}", ((part,) for part in parts))


def version_url(version: ScriptVersion) -> str:
    """Return the address of a version's page."""
    args = [version.script_id, version.number]
    return reverse("admin:scripts_script_version", args=args)


def diff_url(script_id: int, old: int, new: int) -> str:
    """Return the address of the page on what differs between two versions' numbers."""
    address = reverse("admin:scripts_script_diff", args=[script_id])
    return f"{address}?from={old}&to={new}"


class VersionPages:
    """Adds the pages to ScriptAdmin."""

    admin_site: Any
    media: Any
    opts: Any

    def run_counts(self, found: list[ScriptVersion]) -> Mapping[int, int] | None:
        """Return how many runs name each version, by its key; None: not known here."""
        return None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path(
                "<int:script_id>/versions/",
                view(self.versions_view),
                name="scripts_script_versions",
            ),
            path(
                "<int:script_id>/versions/<int:number>/",
                view(self.version_view),
                name="scripts_script_version",
            ),
            path(
                "<int:script_id>/diff/",
                view(self.diff_view),
                name="scripts_script_diff",
            ),
            *super().get_urls(),  # type: ignore[misc]  # of ModelAdmin, beside it
        ]

    def versions_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """List the versions of a script, the newest first."""
        script = self._find(request, script_id)
        pages = Paginator(script.versions.light(), VERSIONS_A_PAGE)
        page = pages.get_page(request.GET.get("page"))
        rows = self._rows(script, list(page.object_list))
        current = versions.current_version(script=script)
        about = {"page": page, "rows": rows, "current": current}
        title = _("Versions of %(name)s") % {"name": script.name}
        return self._render(request, "versions", script, title, about)

    def version_rows(self, script: Script) -> list[dict[str, Any]]:
        """Return the rows of the newest versions, for the script's own page."""
        return self._rows(script, list(script.versions.light()[: NAMED + 1]))[:NAMED]

    def _rows(self, script: Script, found: list[ScriptVersion]) -> list[dict[str, Any]]:
        counts = self.run_counts(found)
        numbers = [version.number for version in found]
        before = dict(zip(numbers, [*numbers[1:], None], strict=True))
        return [
            {
                "version": version,
                "is_current": version.sha256 == script.sha256,
                "runs": None if counts is None else counts.get(version.pk, 0),
                "before": before[version.number],
            }
            for version in found
        ]

    def version_view(
        self, request: HttpRequest, script_id: int, number: int
    ) -> HttpResponse:
        """Show one version with its source."""
        script = self._find(request, script_id)
        version = script.versions.filter(number=number).first()
        if version is None:
            raise Http404
        counts = self.run_counts([version])
        about = {
            "version": version,
            "is_current": version.sha256 == script.sha256,
            "current": versions.current_version(script=script),
            "before": versions.version_before(version=version),
            "runs": None if counts is None else counts.get(version.pk, 0),
            "source": source_html(version),
        }
        title = f"{script.name}: {_('Version %(number)d') % {'number': number}}"
        return self._render(request, "version", script, title, about)

    def diff_view(self, request: HttpRequest, script_id: int) -> HttpResponse:
        """Show what differs between the versions `from` and `to`."""
        script = self._find(request, script_id)
        about: dict[str, Any] = {}
        named = {"old": request.GET.get("from", ""), "new": request.GET.get("to", "")}
        try:
            old, new = versions.find_two(script=script, **named)
            about |= {"old": old, "new": new}
            found = versions.difference(old=old, new=new)
        except HubError as exc:
            about["problem"] = exc.message
        else:
            shown = found.lines[:MAX_SHOWN_LINES]
            about |= {
                "difference": found,
                "lines": [_shown(line) for line in shown],
                "is_cut": len(found.lines) > len(shown),
            }
        title = _("Changes of %(name)s") % {"name": script.name}
        return self._render(request, "diff", script, title, about)

    def _find(self, request: HttpRequest, script_id: int) -> Script:
        if not request.user.has_perm("scripts.view_script"):
            raise PermissionDenied
        script = Script.objects.visible_to(request.user).filter(pk=script_id).first()
        if script is None:
            raise Http404
        return script

    def _render(
        self,
        request: HttpRequest,
        template: str,
        script: Script,
        title: str,
        about: Mapping[str, Any],
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "script": script,
            "media": self.media,
            **about,
        }
        return TemplateResponse(
            request, f"admin/scripts/script/{template}.html", context
        )


SIGNS = {"same": " ", "added": "+", "removed": "−", "gap": ""}


def _shown(line: Line) -> dict[str, Any]:
    """Return a line as the page shows it: what cannot be seen is made visible."""
    text = line.text.removesuffix("\n").replace("\r", "␍")
    if len(text) > MAX_SHOWN_CHARACTERS:
        text = f"{text[:MAX_SHOWN_CHARACTERS]}…"
    return {
        "kind": line.kind,
        "sign": SIGNS[line.kind],
        "old": line.old,
        "new": line.new,
        "text": text,
        "has_no_end": not line.text.endswith("\n"),
    }
