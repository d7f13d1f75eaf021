"""`/scripts` and `/scripts/{path}`."""

from __future__ import annotations

from dataclasses import asdict

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.core.api.paging import Keyset
from apps.core.api.params import check_known, text_param
from apps.core.api.views import HubView
from apps.core.errors import NotFound
from apps.scripts import services
from apps.scripts.api.presenting import (
    FIELDS,
    PATH,
    READ,
    ScriptPageSchema,
    ScriptSchema,
    SyncSchema,
    answer,
    present,
)
from apps.scripts.models import Script

MANAGE = Need("manage", "scripts.change_script")
BY_NAME = Keyset("name", parse=str)


class ScriptList(HubView):
    """What can be run."""

    access = {"get": READ, "post": MANAGE}

    @extend_schema(
        operation_id="scripts_list",
        parameters=[
            OpenApiParameter(
                "folder", str, description="Those in this folder, and in its folders."
            ),
            OpenApiParameter("limit", int),
            OpenApiParameter("after", str),
            OpenApiParameter("before", str),
        ],
        responses=ScriptPageSchema,
    )
    def get(self, request: Request) -> Response:
        """List the scripts that the caller may know of, by name."""
        check_known(request, (*BY_NAME.PARAMS, "folder"))
        scripts = Script.objects.visible_to(request.user)
        if folder := text_param(request, "folder"):
            scripts = scripts.in_folder(folder)
        rows = scripts.values(*FIELDS)
        page = BY_NAME.page(request, rows)
        return Response(page.body([present(row) for row in page.rows]))

    @extend_schema(operation_id="scripts_sync", request=None, responses=SyncSchema)
    def post(self, request: Request) -> Response:
        """Look into the scripts folder again."""
        report = asdict(services.sync_scripts())
        left_out = report["left_out"].items()
        report["left_out"] = [{"name": n, "reason": why} for n, why in left_out]
        return Response(report)


class ScriptDetail(HubView):
    """One script: the whole path is its name first, only then is the end a verb."""

    access = {"get": READ, "post": MANAGE}

    @extend_schema(
        operation_id="scripts_read", parameters=[PATH], responses=ScriptSchema
    )
    def get(self, request: Request, path: str) -> Response:
        """Read one script, with the JSON Schema of its parameters."""
        return answer(services.find_script(name=path, user=request.user))

    @extend_schema(
        operation_id="scripts_switch",
        parameters=[PATH],
        request=None,
        responses=ScriptSchema,
    )
    def post(self, request: Request, path: str) -> Response:
        """Allow or forbid new runs: the path is the script's, then /enable or /disable."""
        name, _slash, verb = path.rpartition("/")
        is_script = Script.objects.visible_to(request.user).filter(name=path).exists()
        if is_script:
            raise MethodNotAllowed("POST")
        if verb not in {"enable", "disable"}:
            raise NotFound(_("POST here knows …/enable and …/disable."))
        script = services.find_script(name=name, user=request.user)
        services.set_enabled(script=script, enabled=verb == "enable")
        return answer(script)
