"""The files that a run left, in the console: their previews, pictures, comparisons."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.files.storage import FileSystemStorage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from apps.core.errors import HubError, NotFound
from apps.runs import artifacts
from apps.runs.admin.log import find_run
from apps.runs.downloads import artifact_path, name_path, picture_response
from apps.runs.models import Artifact, Run
from apps.runs.previews import READ_BYTES, Kind, Links, Preview, kind_by_name, look
from apps.runs.previews.comparing import Side, compare, record_changes
from apps.runs.previews.pictures import HEAD_BYTES
from apps.runs.since_success import files_of_last_success

# How many files the run's page opens by itself, and how large they may be.
MAX_OPEN = 3
MAX_OPEN_BYTES = 64 * 1024
# How much of its thread's processor time it spends on them before a script of the page
# fetches the rest.
OPEN_S = 0.2
# How many it lists before the rest is folded away.
MAX_LISTED = 30

KINDS = {
    Kind.JSON: "JSON",
    Kind.MARKDOWN: "Markdown",
    Kind.TABLE: pgettext_lazy("kind of file", "table"),
    Kind.TEXT: pgettext_lazy("kind of file", "text"),
    Kind.PICTURE: pgettext_lazy("kind of file", "picture"),
    Kind.UNKNOWN: pgettext_lazy("kind of file", "file"),
    Kind.OTHER: pgettext_lazy("kind of file", "file"),
}
NO_PICTURE = gettext_lazy("The picture cannot be shown; download it.")


@dataclass
class Row:
    """A file in the list; `preview` is None where its content was not read."""

    artifact: Artifact
    kind: Kind
    before: Artifact | None
    is_open: bool = False
    preview: Preview | None = None
    # Why it could not be read.
    problem: str = ""
    # What changed since the last success, in a few words, where that is quickly told.
    change: str = ""

    @property
    def name(self) -> str:
        return self.artifact.name

    @property
    def kind_label(self) -> str:
        return str(KINDS[self.kind])

    @property
    def has_preview(self) -> bool:
        return self.kind is not Kind.OTHER

    @property
    def is_same(self) -> bool:
        """Whether the last success left the same, byte for byte."""
        checksum = self.artifact.sha256
        before = self.before.sha256 if self.before else ""
        return bool(checksum) and checksum == before

    @property
    def download(self) -> str:
        return artifact_path(self.artifact.run_id, self.name)

    @property
    def page(self) -> str:
        return address("artifact", self.artifact)

    @property
    def picture(self) -> str:
        return address("picture", self.artifact)

    @property
    def compare(self) -> str:
        """Where it is compared; "" where there is nothing to compare."""
        return address("compare", self.artifact) if self.before else ""


def address(view: str, artifact: Artifact) -> str:
    """Return where a file's page, `picture` or `compare` is; a name is only data."""
    some = reverse(f"admin:runs_run_{view}", args=[artifact.run_id, "-"])
    return f"{some.removesuffix('-/')}{name_path(artifact.name)}/"


def artifacts_context(run: Run, request: HttpRequest) -> dict[str, Any]:
    """Return what `admin/runs/run/artifacts.html` shows of a run's files.

    The first small ones are opened. Where a storage is asked over a network, a script
    of the page fetches them, so that the page waits for nobody.
    """
    found: list[Artifact] = []
    if request.user.has_perm("runs.view_run"):
        found = list(run.artifacts.all())
    before = files_of_last_success(run, found)
    rows = [_row(artifact, before) for artifact in found]
    _open_some(rows, found)
    return {
        "run": run,
        "rows": rows[:MAX_LISTED],
        "more": rows[MAX_LISTED:],
        "count": len(rows),
        "size": sum(artifact.size_bytes for artifact in found),
    }


def _row(artifact: Artifact, before: dict[int, Artifact]) -> Row:
    kind = kind_by_name(artifact.name, artifact.content_type)
    return Row(artifact, kind, before.get(artifact.pk))


def _open_some(rows: list[Row], found: list[Artifact]) -> None:
    small = [
        row
        for row in rows[:MAX_LISTED]
        if row.has_preview
        and row.kind is not Kind.UNKNOWN
        and row.artifact.size_bytes <= MAX_OPEN_BYTES
    ]
    is_near = isinstance(artifacts.storage(), FileSystemStorage)
    end = time.thread_time() + OPEN_S
    for row in small[:MAX_OPEN]:
        row.is_open = True
        if is_near and time.thread_time() < end:
            _read(row, found, MAX_OPEN_BYTES)
            row.change = _change(row)


def _change(row: Row) -> str:
    """Return how many records of a small JSON file are new and gone, or ""."""
    old = row.before
    if old is None or row.is_same or row.problem or row.kind is not Kind.JSON:
        return ""
    if old.size_bytes > MAX_OPEN_BYTES:
        return ""
    try:
        changes = record_changes(*_sides(old, row.artifact, MAX_OPEN_BYTES))
    except HubError:
        return ""
    return changes.summary if changes else ""


def _sides(old: Artifact, new: Artifact, most: int) -> tuple[Side, Side]:
    """Read the beginnings of two files; raises as `artifacts.open_kept` does."""
    sides = (
        Side(one.name, one.content_type, artifacts.read_start(one, most), size)
        for one, size in ((old, old.size_bytes), (new, new.size_bytes))
    )
    return next(sides), next(sides)


def _read(row: Row, found: list[Artifact], most: int) -> None:
    """Read a file's beginning and make its preview, or say why there is none."""
    artifact = row.artifact
    # All of a picture goes from the storage to the browser; here its head will do.
    most = min(most, HEAD_BYTES) if row.kind is Kind.PICTURE else most
    try:
        data = artifacts.read_start(artifact, most) if row.has_preview else b""
    except HubError as exc:
        row.problem = exc.message
        return
    row.preview = look(
        artifact.name,
        artifact.content_type,
        data,
        artifact.size_bytes,
        _links(artifact, found),
    )
    row.kind = row.preview.kind


def _links(artifact: Artifact, found: list[Artifact]) -> Links:
    """Return where names in a Markdown file lead: to files of its run alone."""
    by_name = {one.name: one for one in found}

    def page(name: str) -> str:
        return address("artifact", by_name[name]) if name in by_name else ""

    def picture(name: str) -> str:
        other = by_name.get(name)
        if other is None or kind_by_name(name, other.content_type) is not Kind.PICTURE:
            return ""
        return address("picture", other)

    return Links(artifact.name, page, picture)


class ArtifactPages(admin.ModelAdmin):
    """Adds what belongs to a run's files to the pages of runs."""

    def get_urls(self) -> list[URLPattern]:
        def route(begin: str, view: Callable[..., Any], name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            way = f"<uuid:run_id>/{begin}/<path:name>/"
            return path(way, wrapped, name=f"runs_run_{name}")

        return [
            route("artifacts", self.artifact_page, "artifact"),
            route("picture", self.artifact_picture, "picture"),
            route("compare", self.artifact_compared, "compare"),
            *super().get_urls(),
        ]

    def artifact_page(
        self, request: HttpRequest, run_id: Any, name: str
    ) -> HttpResponse:
        """One file as a page; with ?part only what the run's page puts into itself."""
        artifact, found = _find(request, run_id, name)
        row = _row(artifact, files_of_last_success(artifact.run, found))
        _read(row, found, READ_BYTES)
        if "part" in request.GET:
            part = "admin/runs/run/artifacts_preview.html"
            return TemplateResponse(request, part, {"row": row})
        return self._render(request, "page", artifact, artifact.name, {"row": row})

    def artifact_picture(
        self, request: HttpRequest, run_id: Any, name: str
    ) -> HttpResponseBase:
        """A picture as an <img> takes it: of a type that its content tells."""
        artifact, _found = _find(request, run_id, name)
        try:
            response = picture_response(artifact)
        except NotFound as exc:
            raise Http404 from exc
        except HubError as exc:
            return _sentence(exc.message, 503)
        if response is None:
            return _sentence(str(NO_PICTURE), 404)
        return response

    def artifact_compared(
        self, request: HttpRequest, run_id: Any, name: str
    ) -> HttpResponse:
        """The button "Compare with the last success"."""
        artifact, found = _find(request, run_id, name)
        row = _row(artifact, files_of_last_success(artifact.run, found))
        about: dict[str, Any] = {"row": row}
        if row.before is not None:
            about["old"] = _row(row.before, {})
            about["is_other"] = row.before.run.parameters != artifact.run.parameters
            if not row.is_same:
                about |= _compared(row, about["old"])
        title = _("Changes of %(name)s") % {"name": artifact.name}
        return self._render(request, "compare", artifact, title, about)

    def _render(
        self,
        request: HttpRequest,
        template: str,
        artifact: Artifact,
        title: str,
        about: dict[str, Any],
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "original": artifact.run,
            **about,
        }
        name = f"admin/runs/run/artifacts_{template}.html"
        return TemplateResponse(request, name, context)


def _find(
    request: HttpRequest, run_id: Any, name: str
) -> tuple[Artifact, list[Artifact]]:
    """Return a file of a run that the reader may see, and all files of that run."""
    run = find_run(request, run_id, "runs.view_run")
    found = list(run.artifacts.all())
    for artifact in found:
        if artifact.name == name:
            artifact.run = run
            return artifact, found
    raise Http404


def _compared(row: Row, old: Row) -> dict[str, Any]:
    """Return what changed from the old file to the new, or why nobody can tell."""
    try:
        sides = _sides(old.artifact, row.artifact, READ_BYTES)
    except HubError as exc:
        return {"problem": exc.message}
    comparison = compare(*sides)
    if comparison.is_of_pictures:
        for each, side in zip((old, row), sides, strict=True):
            args = (side.name, side.content_type, side.data, side.size)
            each.preview = look(*args)
    return {"comparison": comparison}


def _sentence(text: str, status: int) -> HttpResponse:
    response = HttpResponse(text, status=status, content_type="text/plain")
    response["X-Content-Type-Options"] = "nosniff"
    return response
