"""Small views behind the real API settings: one for each thing the plumbing does."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core import errors
from apps.core.api.params import (
    check_known,
    choice_param,
    int_param,
    parse_uuid,
    text_param,
)
from apps.core.api.renderers import PlainTextRenderer


class OpenView(APIView):
    """What the project's default permission decides is not the matter here."""

    authentication_classes = ()
    permission_classes = ()
    schema = None


class Missing(errors.NotFound):
    """A kind of error that an app derives."""

    code = "script_missing"


class Inner(serializers.Serializer):
    """A nested object."""

    limit = serializers.IntegerField()


class Outer(serializers.Serializer):
    """An object with one nested and one listed."""

    parameters = Inner()
    hosts = Inner(many=True, required=False)

    def validate(self, attrs):
        if attrs["parameters"]["limit"] == 13:
            raise serializers.ValidationError("Thirteen is not served here.")
        return attrs


class EchoView(OpenView):
    """Gives back what it was sent, in JSON or as text."""

    def post(self, request):
        return Response({"got": request.data})


class CheckedView(OpenView):
    """Reads a body through serializers."""

    def post(self, request):
        checked = Outer(data=request.data)
        checked.is_valid(raise_exception=True)
        return Response(checked.data)


class ParamsView(OpenView):
    """Reads each kind of query parameter."""

    def get(self, request):
        check_known(request, {"name", "status", "limit", "id"})
        return Response(
            {
                "name": text_param(request, "name"),
                "status": choice_param(request, "status", ("queued", "running")),
                "limit": int_param(request, "limit", minimum=1, maximum=200),
                "id": str(parse_uuid(request.query_params.get("id", ""))),
            }
        )


class TextView(OpenView):
    """Answers in text."""

    renderer_classes = (PlainTextRenderer,)

    def get(self, request):
        return Response("one\ntwo \ud800")


RAISED = {
    "invalid": errors.InvalidInput("Write it so.", fields={"a.b": ["Write it so."]}),
    "credentials": errors.CredentialsNeeded("Send a token."),
    "forbidden": errors.Forbidden("Not for you."),
    "missing": Missing("Script x.py is gone; rescan."),
    "state": errors.WrongState("Run 1 already completed."),
    "http404": Http404("internal words"),
    "denied": PermissionDenied(),
    "database": OperationalError("unable to open database file"),
    "throttled": exceptions.Throttled(wait=7),
    "bug": ValueError("a bug of ours"),
}


class RaisingView(OpenView):
    """Raises what its address names."""

    def get(self, request, name):
        raise RAISED[name]
