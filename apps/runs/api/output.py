"""What a run left: `/runs/runs/{run_id}/log` and `/artifacts/{name}`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.params import check_known
from apps.core.api.renderers import BrowsableRenderer, PlainTextRenderer
from apps.core.api.views import HubView
from apps.core.errors import NotFound
from apps.runs import logs
from apps.runs.api import log_lines
from apps.runs.api.presenting import LogLinesSchema, LogSchema
from apps.runs.api.views import READ, find_run
from apps.runs.downloads import artifact_response, log_response
from apps.runs.models import Artifact, Run

# At most so many rows in one JSON answer: 4 MiB of text.
CHUNKS_A_PAGE = 64


class RunLog(HubView):
    """What the script printed."""

    access = {"get": READ}

    def get_renderers(self) -> list[Any]:
        """Text for whoever does not ask for a part of the log."""
        if any(name in self.request.query_params for name in log_lines.PARAMETERS):
            return super().get_renderers()
        return [PlainTextRenderer(), BrowsableRenderer()]

    def handle_exception(self, exc: Exception) -> Response:
        """An error has the one error shape here too, not a text of its own."""
        response = super().handle_exception(exc)
        if isinstance(self.request.accepted_renderer, PlainTextRenderer):
            self.request.accepted_renderer = JSONRenderer()
            self.request.accepted_media_type = JSONRenderer.media_type
        return response

    @extend_schema(
        operation_id="runs_log",
        parameters=log_lines.DOCUMENTED,
        responses={
            (200, "application/json"): PolymorphicProxySerializer(
                component_name="LogPart",
                serializers=[LogSchema, LogLinesSchema],
                resource_type_field_name=None,
            ),
            (200, "text/plain"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, run_id: str) -> Any:
        """Read the log: all of it as text, or a part of it as JSON.

        With `after`: the chunks that came since. With `first` and `last`, `tail` or
        `search`: lines with their numbers. These four do not go together.
        """
        check_known(request, log_lines.PARAMETERS)
        query = log_lines.read_query(request)
        run = find_run(request, run_id)
        if query.after is not None:
            return Response(log_page(run, query.after))
        if query != log_lines.LogQuery():
            return Response(log_lines.answer(run, query))
        if isinstance(request.accepted_renderer, BrowsableRenderer):
            tail = logs.read_tail(run.pk, 4)
            return Response("".join(chunk["text"] for chunk in tail))
        return log_response(run.pk)


def log_page(run: Run, after: int) -> dict[str, Any]:
    """Return the chunks behind `after`. `run` was read before the chunks are, so that
    `done` is never said too early."""
    chunks = logs.read_after(run.pk, after, CHUNKS_A_PAGE)
    return {
        "chunks": chunks,
        "next": chunks[-1]["seq"] if chunks else after,
        "done": not run.is_active and len(chunks) < CHUNKS_A_PAGE,
    }


class RunArtifact(HubView):
    """One file that the run left."""

    access = {"get": READ}

    @extend_schema(
        operation_id="runs_artifact",
        parameters=[OpenApiParameter("name", str, OpenApiParameter.PATH)],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, run_id: str, name: str) -> Any:
        """Download the file."""
        run = find_run(request, run_id)
        artifact = Artifact.objects.filter(run=run, name=name).first()
        if artifact is None:
            raise NotFound(
                _("Run %(id)s has no artifact %(name)s.")
                % {"id": run.pk, "name": ascii(name[:100])}
            )
        return artifact_response(artifact)
