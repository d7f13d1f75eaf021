"""`/runs/runs` (also `/runs`): create, list, read, cancel, retry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.core.api import bodies
from apps.core.api.bodies import emptied
from apps.core.api.paging import Keyset
from apps.core.api.params import (
    KEY_HEADER,
    check_known,
    choice_param,
    int_param,
    key_header,
    parse_uuid,
    text_param,
)
from apps.core.api.schemas import ErrorSchema
from apps.core.api.views import HubView
from apps.core.errors import CredentialsNeeded, InvalidInput, NotFound
from apps.runs import services
from apps.runs.api.presenting import (
    RunPageSchema,
    RunRequest,
    RunSchema,
    present_many,
    present_new,
    present_one,
)
from apps.runs.api.schemas import RunReason
from apps.runs.listing import Listing
from apps.runs.models import Run, RunStatus, Trigger
from apps.scripts import services as scripts
from apps.tasks.models import Task

READ = Need("read", "runs.view_run", anonymous=True)
START = Need("run", "scripts.run_script", anonymous=True)
CANCEL = Need("run", "runs.cancel_run")
RETRY = Need("run", "scripts.run_script")
BY_AGE = Keyset("id", parse=parse_uuid, descending=True)
FILTERS = ("status", "script", "task", "schedule")
MAX_ID = 10**18 - 1
KNOWN_KEYS = {"script_name", "parameters", "task", "reason"}
# What a route that starts a run takes and answers besides its body.
ONCE = OpenApiParameter(
    KEY_HEADER,
    str,
    OpenApiParameter.HEADER,
    description="1 to 128 visible ASCII characters, kept for 24 hours. The same "
    "request with the same key starts nothing new: it is answered with the run that "
    "the first one started, also when the run that it retried was deleted since.",
)
STARTED = {
    201: RunSchema,
    200: OpenApiResponse(RunSchema, description="The run that the key started before."),
    409: OpenApiResponse(
        ErrorSchema,
        description="It cannot be run now; or the key started a run that is not there "
        "any more (`idempotency_key_outlived_run`).",
    ),
    422: OpenApiResponse(
        ErrorSchema,
        description="The key came before with another request "
        "(`idempotency_key_reused`).",
    ),
}


def find_run(request: Request, run_id: str) -> Run:
    """Return a run that the caller may know of; raises NotFound, or CredentialsNeeded
    when signing in may help."""
    number = parse_uuid(run_id)
    if number is not None:
        visible = Run.objects.visible_to(request.user).select_related("script", "task")
        if run := visible.filter(pk=number).first():
            return run
        hidden = not request.user.is_authenticated
        if hidden and Run.objects.filter(pk=number).exists():
            raise CredentialsNeeded(
                _("Run %(id)s is not open to anonymous callers; send a token.")
                % {"id": number}
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
            OpenApiParameter("schedule", int, description="A schedule's id."),
            OpenApiParameter("limit", int),
            OpenApiParameter("after", OpenApiTypes.UUID),
            OpenApiParameter("before", OpenApiTypes.UUID),
        ],
        responses=RunPageSchema,
    )
    def get(self, request: Request) -> Response:
        """List the runs that the caller may know of, the newest first."""
        check_known(request, (*BY_AGE.PARAMS, *FILTERS))
        listing = Listing(
            user=request.user,
            statuses=choice_param(request, "status", RunStatus.values),
            script=text_param(request, "script") or None,
            task=text_param(request, "task") or None,
            schedule=int_param(request, "schedule", minimum=1, maximum=MAX_ID),
        )
        page = BY_AGE.page_of(request, listing.fetch)
        return Response(page.body(present_many(request, page.rows)))

    @extend_schema(
        operation_id="runs_create",
        parameters=[ONCE],
        request=RunRequest,
        responses=STARTED,
    )
    def post(self, request: Request) -> Response:
        """Start a run of a script with parameters, or of a saved task."""
        data = _checked_body(request.data)
        once = once_of(request, ["start", data])
        return started(request, once, lambda: _start(request, data, once))


def _start(request: Request, data: dict[str, Any], once: services.Once | None) -> Run:
    if "task" in data:
        return services.start_task(
            task=_find_task(request, data["task"]),
            user=request.user,
            trigger=Trigger.API,
            once=once,
            reason=data.get("reason") or "",
        )
    return services.start_run(
        script=scripts.find_script(
            name=data["script_name"], user=request.user, to_run=True
        ),
        parameters=data.get("parameters") or {},
        user=request.user,
        trigger=Trigger.API,
        once=once,
    )


def once_of(request: Request, asked: list[Any]) -> services.Once | None:
    """Return the request's Idempotency-Key for what it asks; None without the header.

    `asked` names the action too: a key is for one request, whatever the route.
    """
    key = key_header(request)
    if key is None:
        return None
    return services.Once.of(user=request.user, key=key, request=asked)


def started(
    request: Request, once: services.Once | None, start: Callable[[], Run]
) -> Response:
    run, is_new = services.run_once(once=once, user=request.user, start=start)
    shown = present_new(request, run) if is_new else present_one(request, run)
    return Response(
        shown,
        status=201 if is_new else 200,
        headers={"Location": shown["log_url"].removesuffix("/log")},
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
    if "reason" in data:
        _check_reason(data)
    return data


def _check_reason(data: dict[str, Any]) -> None:
    if "task" not in data:
        raise _invalid("reason", _("It goes with a task, and with nothing else."))
    if not isinstance(data["reason"], str | None):
        raise _invalid("reason", _("It must be text."))


def _find_task(request: Request, name: str) -> Task:
    tasks = Task.objects.visible_to(request.user).select_related("script")
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
        return Response(present_one(request, find_run(request, run_id)))


class RunCancel(HubView):
    """Asking a run to end."""

    access = {"post": CANCEL}

    @extend_schema(operation_id="runs_cancel", request=None, responses={202: RunSchema})
    def post(self, request: Request, run_id: str) -> Response:
        """Cancel a run: a queued one at once, a running one within seconds."""
        run = services.cancel_run(run=find_run(request, run_id))
        return Response(present_one(request, run), status=202)


class RunRetry(HubView):
    """Running it again."""

    access = {"post": RETRY}

    @extend_schema(
        operation_id="runs_retry",
        parameters=[ONCE],
        request=RunReason,
        responses=STARTED,
    )
    def post(self, request: Request, run_id: str) -> Response:
        """Start a new run with the same script and parameters as one that ended.

        Where its task is in a freeze window it takes a reason.
        """
        # An empty body stands for no reason.
        values = bodies.read_object(request.data, {"reason": emptied(bodies.text)})
        # The key comes first: what it started may have outlived the run that is named.
        once = once_of(request, ["retry", str(parse_uuid(run_id)), values])
        return started(
            request,
            once,
            lambda: services.retry_run(
                run=find_run(request, run_id),
                user=request.user,
                once=once,
                reason=values.get("reason", ""),
            ),
        )
