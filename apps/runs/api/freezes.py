"""`/freezes`: times in which schedules do not fire."""

from __future__ import annotations

from collections.abc import Collection

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.core.api.paging import Keyset
from apps.core.api.params import check_known
from apps.core.api.views import HubView
from apps.core.settling import settling
from apps.runs import services
from apps.runs.api.definitions import change_freeze, parse_id
from apps.runs.api.finding import find_freeze, visible_freezes
from apps.runs.api.presenting_tasks import (
    FreezeChange,
    FreezePageSchema,
    FreezeRequest,
    FreezeSchema,
    present_freeze,
)
from apps.tasks.models import FreezeWindow
from apps.tasks.services import check_freeze

READ = Need("read", "tasks.view_freezewindow")
ADD = Need("manage", "tasks.add_freezewindow")
CHANGE = Need("manage", "tasks.change_freezewindow")
DELETE = Need("manage", "tasks.delete_freezewindow")
NEWEST = Keyset("id", parse=parse_id, descending=True)
FREEZE_ID = OpenApiParameter("freeze_id", int, OpenApiParameter.PATH)


class FreezeList(HubView):
    """Freeze windows, the newest first."""

    access = {"get": READ, "post": ADD}

    @extend_schema(
        operation_id="freezes_list",
        parameters=[
            OpenApiParameter("limit", int),
            OpenApiParameter("after", int),
            OpenApiParameter("before", int),
        ],
        responses=FreezePageSchema,
    )
    def get(self, request: Request) -> Response:
        """List freeze windows, also those that are over."""
        check_known(request, NEWEST.PARAMS)
        page = NEWEST.page(request, visible_freezes(request).values())
        shown = [present_freeze(FreezeWindow(**row)) for row in page.rows]
        return Response(page.body(shown))

    @extend_schema(
        operation_id="freezes_create",
        request=FreezeRequest,
        responses={201: FreezeSchema},
    )
    def post(self, request: Request) -> Response:
        """Add a freeze window: of all tasks, of those with a tag, or of one."""
        required = ("reason", "start", "end")
        window = change_freeze(request, FreezeWindow(), required=required)
        _save(window)
        path = f"/freezes/{window.pk}"
        return Response(
            present_freeze(window),
            status=201,
            headers={"Location": request.build_absolute_uri(path)},
        )


class FreezeDetail(HubView):
    """One freeze window."""

    access = {"get": READ, "patch": CHANGE, "delete": DELETE}

    @extend_schema(
        operation_id="freezes_read", parameters=[FREEZE_ID], responses=FreezeSchema
    )
    def get(self, request: Request, freeze_id: str) -> Response:
        """Read one freeze window."""
        return Response(present_freeze(find_freeze(request, freeze_id)))

    @extend_schema(
        operation_id="freezes_change",
        parameters=[FREEZE_ID],
        request=FreezeChange,
        responses=FreezeSchema,
    )
    def patch(self, request: Request, freeze_id: str) -> Response:
        """Change what is given, and leave the rest."""
        window = change_freeze(request, find_freeze(request, freeze_id))
        _save(window, request.data)
        return Response(present_freeze(window))

    @extend_schema(
        operation_id="freezes_delete", parameters=[FREEZE_ID], responses={204: None}
    )
    def delete(self, request: Request, freeze_id: str) -> Response:
        """Delete a freeze window; what it held back stays in the ledger."""
        with settling():
            services.delete_freeze(window=find_freeze(request, freeze_id))
        return Response(status=204)


def _save(window: FreezeWindow, changed: Collection[str] | None = None) -> None:
    check_freeze(window=window)
    with settling():
        services.save_freeze(window=window, changed=changed)
