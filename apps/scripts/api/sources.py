"""`/scripts/{path}/source`, `…/versions` and `…/diff`: what a script held, and holds."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.db.models import BooleanField, Case, Value, When
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need, require
from apps.core.api.paging import Keyset
from apps.core.api.params import check_known, text_param
from apps.core.api.views import HubView
from apps.core.errors import NotFound
from apps.scripts import services, versions
from apps.scripts.api.presenting import (
    PATH,
    READ,
    VERSION_FIELDS,
    VersionPageSchema,
    answer,
    present_version,
)
from apps.scripts.differences import unified
from apps.scripts.models import Script, ScriptVersion

# Not for anonymous callers: a source says more than what a script takes.
SOURCE = Need("read", "scripts.view_script")
MAX_NUMBER = 10**9


def _parse_number(text: str) -> int | None:
    valid = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_NUMBER))
    return int(text) if valid else None


HAS_SOURCE = Case(
    When(packed=None, then=Value(False)),
    default=Value(True),
    output_field=BooleanField(),
)
BY_NUMBER = Keyset("number", parse=_parse_number, descending=True)


class ScriptPart(HubView):
    """Something of a script: its name, then a word.

    The whole path is a script's name first, only then is its end that word.
    """

    access = {"get": READ}
    word = ""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Text is sent whatever is asked for, and an error is JSON then."""
        return super().perform_content_negotiation(request, force=True)

    def find(self, request: Request, path: str) -> tuple[Script, bool]:
        """Return the script that is meant, and whether the word is part of its name."""
        whole = f"{path}/{self.word}"
        try:
            return services.find_script(name=whole, user=request.user), True
        except NotFound:
            require(request, SOURCE)
            return services.find_script(name=path, user=request.user), False


class ScriptSource(ScriptPart):
    """What the file holds, or held."""

    word = "source"

    @extend_schema(
        operation_id="scripts_source",
        parameters=[
            PATH,
            OpenApiParameter(
                "version",
                str,
                description="Its number, or 12 or more digits of its checksum.",
            ),
        ],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request, path: str) -> HttpResponseBase:
        """Read the source of the current version, or of another; not anonymously."""
        script, is_whole = self.find(request, path)
        if is_whole:
            return answer(script)
        check_known(request, ("version",))
        which = text_param(request, "version") or ""
        version = versions.find_version(script=script, which=which)
        # Which version is the current one may change; a version never does.
        etag = f'"{version.sha256}"'
        unchanged = get_conditional_response(request, etag=etag)
        return _guarded(unchanged or _text(version), etag)


def _text(version: ScriptVersion) -> HttpResponse:
    content = version.source
    if content is None:
        raise NotFound(versions.why_no_source(version))
    charset = "utf-8" if version.encoding == "utf-8-sig" else version.encoding
    return HttpResponse(content, content_type=f"text/plain; charset={charset}")


def _guarded(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    """Let no browser run it or guess what it is, and nobody keep it without asking."""
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


class ScriptVersions(ScriptPart):
    """The versions of a script that are kept."""

    word = "versions"

    @extend_schema(
        operation_id="scripts_versions",
        parameters=[PATH, *(OpenApiParameter(name, int) for name in BY_NUMBER.PARAMS)],
        responses=VersionPageSchema,
    )
    def get(self, request: Request, path: str) -> Response:
        """List the versions that are kept, the newest first; not anonymously."""
        script, is_whole = self.find(request, path)
        if is_whole:
            return answer(script)
        check_known(request, BY_NUMBER.PARAMS)
        rows = script.versions.annotate(has_source=HAS_SOURCE).values(*VERSION_FIELDS)
        page = BY_NUMBER.page(request, rows)
        base = request.build_absolute_uri(f"/scripts/{quote(script.name)}")
        shown = [present_version(row, script, base) for row in page.rows]
        return Response(page.body(shown))


class ScriptDiff(ScriptPart):
    """What differs between two versions."""

    word = "diff"

    @extend_schema(
        operation_id="scripts_diff",
        parameters=[
            PATH,
            OpenApiParameter(
                "from",
                str,
                description="The older version: unless named, the one before.",
            ),
            OpenApiParameter(
                "to",
                str,
                description="The newer version: unless named, the current one.",
            ),
        ],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request, path: str) -> HttpResponseBase:
        """Read what differs between two versions, as diff -u has it; not anonymously."""
        script, is_whole = self.find(request, path)
        if is_whole:
            return answer(script)
        check_known(request, ("from", "to"))
        old, new = versions.find_two(
            script=script,
            old=text_param(request, "from") or "",
            new=text_param(request, "to") or "",
        )
        found = versions.difference(old=old, new=new)
        text = unified(found, *(f"{script.name} {one.number}" for one in (old, new)))
        response = HttpResponse(
            text.encode("utf-8", "replace"), content_type="text/plain; charset=utf-8"
        )
        return _guarded(response, f'"{old.sha256}-{new.sha256}"')
