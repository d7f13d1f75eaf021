"""`/runs/runs` (also `/runs`): create, list, read, cancel, retry."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.core.api.paging import Keyset
from apps.core.api.params import check_known, choice_param, parse_uuid, text_param
from apps.core.api.views import HubView
from apps.core.errors import CredentialsNeeded, InvalidInput, NotFound
from apps.runs import services
from apps.runs.api.presenting import (
    RunPageSchema,
    RunRequest,
    RunSchema,
    present_many,
    present_one,
    rows,
    run_url,
)
from apps.runs.models import Run, RunStatus, Trigger
from apps.scripts import services as scripts
from apps.scripts.models import Script
from apps.tasks.models import Task

READ = Need("read", "runs.view_run", anonymous=True)
START = Need("run", "scripts.run_script", anonymous=True)
CANCEL = Need("run", "runs.cancel_run")
RETRY = Need("run", "scripts.run_script")
BY_AGE = Keyset("id", parse=parse_uuid, descending=True)
KNOWN_KEYS = {"script_name", "parameters", "task"}


def find_run(request: Request, run_id: str) -> Run:
    """Return a run that the caller may know of; raises NotFound, or CredentialsNeeded
    when signing in may help."""
    number = parse_uuid(run_id)
    run = None
    if number is not None:
        run = Run.objects.select_related("script").filter(pk=number).first()
    if run is not None:
        if Run.objects.visible_to(request.user).filter(pk=run.pk).exists():
            return run
        if not request.user.is_authenticated:
            raise CredentialsNeeded(
                _("Run %(id)s is not open to anonymous callers; send a token.")
                % {"id": run.pk}
            )
    raise NotFound(
        _("There is no run %(id)s. GET /runs/runs lists them.")
        % {"id": ascii(run_id[:100])}
    )


class RunList(HubView):
    """Runs, the newest first."""

    access = {"get": READ, "post": START}

    @extend_schema(
        operation_id="runs_list",
        parameters=[
            OpenApiParameter(
                "status", str, description="One or more, comma-separated."
            ),
            OpenApiParameter("script", str, description="A script's name."),
            OpenApiParameter("task", str, description="A task's name."),
            OpenApiParameter("limit", int),
            OpenApiParameter("after", OpenApiTypes.UUID),
            OpenApiParameter("before", OpenApiTypes.UUID),
        ],
        responses=RunPageSchema,
    )
    def get(self, request: Request) -> Response:
        """List the runs that the caller may know of, the newest first."""
        check_known(request, (*BY_AGE.PARAMS, "status", "script", "task"))
        runs = Run.objects.visible_to(request.user)
        if statuses := choice_param(request, "status", RunStatus.values):
            runs = runs.filter(status__in=statuses)
        if script := text_param(request, "script"):
            runs = runs.filter(script_name=script)
        if task := text_param(request, "task"):
            runs = runs.filter(task__name=task)
        page = BY_AGE.page(request, rows(runs))
        return Response(page.body(present_many(request, page.rows)))

    @extend_schema(
        operation_id="runs_create", request=RunRequest, responses={201: RunSchema}
    )
    def post(self, request: Request) -> Response:
        """Start a run of a script with parameters, or of a saved task."""
        data = _checked_body(request.data)
        if "task" in data:
            run = services.start_task(
                task=_find_task(request, data["task"]),
                user=request.user,
                trigger=Trigger.API,
            )
        else:
            run = services.start_run(
                script=scripts.find_script(name=data["script_name"], user=request.user),
                parameters=data.get("parameters") or {},
                user=request.user,
                trigger=Trigger.API,
            )
        return _created(request, run)


def _created(request: Request, run: Run) -> Response:
    return Response(
        present_one(request, run.pk),
        status=201,
        headers={"Location": run_url(request, run.pk)},
    )


def _invalid(name: str, sentence: str) -> InvalidInput:
    return InvalidInput(f"{name}: {sentence}", fields={name: [sentence]})


def _checked_body(data: Any) -> dict[str, Any]:
    """Return the body if it names one script or one task and nothing unknown."""
    if not isinstance(data, dict):
        raise InvalidInput(
            _('Send a JSON object: {"script_name": "…", "parameters": {…}}.')
        )
    for name in data:
        if name not in KNOWN_KEYS:
            raise _invalid(
                name,
                _("Unknown key; known here: %(known)s.")
                % {"known": ", ".join(sorted(KNOWN_KEYS))},
            )
    given = [name for name in ("script_name", "task") if name in data]
    if len(given) != 1:
        raise _invalid("script_name", _("Name either a script or a task."))
    if not isinstance(data[given[0]], str):
        raise _invalid(given[0], _("It must be text."))
    if "parameters" in data and "task" in data:
        raise _invalid("parameters", _("A task brings its own; leave them out."))
    if not isinstance(data.get("parameters", {}), dict | None):
        raise _invalid("parameters", _("It must be an object of names and values."))
    return data


def _find_task(request: Request, name: str) -> Task:
    # A task is no way around the limits of its script, nor a way to learn its name.
    visible = Script.objects.visible_to(request.user)
    tasks = Task.objects.select_related("script").filter(script__in=visible)
    task = tasks.filter(name=name).first()
    if task is None:
        raise NotFound(_("There is no task %(name)s.") % {"name": ascii(name[:100])})
    return task


class RunDetail(HubView):
    """One run."""

    access = {"get": READ}

    @extend_schema(operation_id="runs_read", responses=RunSchema)
    def get(self, request: Request, run_id: str) -> Response:
        """Read one run."""
        return Response(present_one(request, find_run(request, run_id).pk))


class RunCancel(HubView):
    """Asking a run to end."""

    access = {"post": CANCEL}

    @extend_schema(operation_id="runs_cancel", request=None, responses={202: RunSchema})
    def post(self, request: Request, run_id: str) -> Response:
        """Cancel a run: a queued one at once, a running one within seconds."""
        run = services.cancel_run(run=find_run(request, run_id))
        return Response(present_one(request, run.pk), status=202)


class RunRetry(HubView):
    """Running it again."""

    access = {"post": RETRY}

    @extend_schema(operation_id="runs_retry", request=None, responses={201: RunSchema})
    def post(self, request: Request, run_id: str) -> Response:
        """Start a new run with the same script and parameters as one that ended."""
        run = services.retry_run(run=find_run(request, run_id), user=request.user)
        return _created(request, run)
