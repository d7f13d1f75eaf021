"""`POST /scripts/{path}/choices`: what may be given for a parameter."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need, require
from apps.core.api import bodies
from apps.core.api.schemas import ErrorSchema
from apps.core.api.views import HubView
from apps.core.errors import InvalidInput, WrongState
from apps.runs import services
from apps.runs.api.presenting import run_url
from apps.runs.services import ChoicesState
from apps.scripts import services as scripts
from apps.scripts.api.views import PATH, READ, ScriptDetail
from apps.scripts.inputs import choice_fields
from apps.scripts.models import Script

# It starts a run: that of the script that lists them.
ASK = Need("run", "scripts.run_script", anonymous=True)
VERB = "/choices"
POLL_S = 1
BODY: dict[str, bodies.Reader] = {
    "parameter": bodies.text,
    "parameters": bodies.mapping,
    "refresh": bodies.flag,
}


class NoChoices(WrongState):
    """The choices cannot be had now; the message says why."""

    code = "no_choices"


class ChoicesRequest(serializers.Serializer):
    """What POST /scripts/{path}/choices takes."""

    parameter = serializers.CharField(help_text="Whose choices are asked for.")
    parameters = serializers.DictField(
        required=False, help_text="What was given for the others so far."
    )
    refresh = serializers.BooleanField(
        required=False, help_text="Whether to list them anew."
    )


class ChoiceSchema(serializers.Serializer):
    value = serializers.JSONField(help_text="As the parameter takes it.")
    label = serializers.CharField()


class ChoicesSchema(serializers.Serializer):
    """The shape of `present_choices`, for the OpenAPI document."""

    ready = serializers.BooleanField()
    choices = ChoiceSchema(many=True, help_text="Empty until they are there.")
    listed_at = serializers.DateTimeField(allow_null=True)
    run_id = serializers.UUIDField(
        allow_null=True, help_text="The run that lists them now."
    )
    run_url = serializers.URLField(allow_null=True)


class ScriptChoices(HubView):
    """The choices of a script's parameters; a script may bear this address itself."""

    access = {"get": READ, "post": ASK}

    @extend_schema(exclude=True)
    def get(self, request: Request, path: str) -> Any:
        """Read the script that is called so: the whole path is a script first."""
        return _script_of_that_name(request, path)

    @extend_schema(
        operation_id="scripts_choices",
        parameters=[PATH],
        request=ChoicesRequest,
        responses={
            200: ChoicesSchema,
            202: OpenApiResponse(
                ChoicesSchema, description="A run lists them now; ask again soon."
            ),
            409: OpenApiResponse(ErrorSchema, description="They cannot be had."),
        },
    )
    def post(self, request: Request, path: str) -> Any:
        """Ask for the choices of a parameter: 200 with them, or 202 while they are
        listed, and then ask again."""
        whole = Script.objects.visible_to(request.user).filter(name=path + VERB)
        if whole.exists():
            return _script_of_that_name(request, path)
        require(request, ASK)
        script = scripts.find_script(name=path, user=request.user)
        scripts.refresh_script(script=script)
        values = bodies.read_object(request.data, BODY, required=["parameter"])
        state = find_choices(
            script=script,
            dest=values["parameter"],
            values=values.get("parameters", {}),
            user=request.user,
            refresh=values.get("refresh", False),
        )
        return answer(request, state)


def _script_of_that_name(request: Request, path: str) -> Any:
    return ScriptDetail.as_view()(request._request, path=path + VERB)


def find_choices(
    *, script: Script, dest: str, values: dict[str, Any], user: Any, refresh: bool
) -> ChoicesState:
    """Return the state of a list; raises InvalidInput for what is no such parameter, or
    needs others first, and NoChoices."""
    if dest not in choice_fields(script.parameters_schema):
        sentence = _("%(name)s is no parameter whose choices another script lists.")
        problem = sentence % {"name": ascii(dest[:100])}
        raise InvalidInput(f"parameter: {problem}", fields={"parameter": [problem]})
    state = services.choices_state(
        script=script, dest=dest, values=values, user=user, refresh=refresh
    )
    if state.needs:
        key = f"parameters.{dest}"
        raise InvalidInput(f"{dest}: {state.error}", fields={key: [state.error]})
    if state.error:
        raise NoChoices(state.error, fields={f"parameters.{dest}": [state.error]})
    return state


def present_choices(state: ChoicesState) -> dict[str, Any]:
    """Return a list, or that it is being made, as the API and the form get it."""
    return {
        "ready": state.ready,
        "choices": [
            {"value": choice.value, "label": choice.label} for choice in state.choices
        ],
        "listed_at": state.listed_at,
        "run_id": state.run.pk if state.run else None,
    }


def answer(request: Request, state: ChoicesState) -> Response:
    shown = present_choices(state)
    shown["run_url"] = run_url(request, state.run.pk) if state.run else None
    if state.ready:
        return Response(shown)
    return Response(shown, status=202, headers={"Retry-After": str(POLL_S)})
