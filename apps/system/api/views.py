"""`/health` and `/meta`."""

from __future__ import annotations

import platform
from typing import Any

import django
from django.conf import settings
from django.db import connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.core.api.views import HubView
from apps.runs import dispatch
from apps.runs.models import ACTIVE, Run, Worker
from apps.scripts.models import Script, ScriptState
from apps.system import health
from apps.tasks.models import Task


class HealthSchema(serializers.Serializer):
    status = serializers.ChoiceField(["ok", "degraded"])
    checks = serializers.DictField(
        child=serializers.DictField(), help_text="By part: ok, and what is wrong."
    )


class MetaSchema(serializers.Serializer):
    name = serializers.CharField()
    version = serializers.CharField()
    commit = serializers.CharField(allow_null=True)
    python = serializers.CharField()
    django = serializers.CharField()
    time_zone = serializers.CharField()
    broker = serializers.ChoiceField(["redis", "database"])
    database = serializers.CharField()
    scripts_folder = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    queues = serializers.ListField(child=serializers.CharField())
    features = serializers.ListField(child=serializers.CharField())


class HealthView(HubView):
    """Whether the hub can do its work."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(operation_id="health", responses={200: HealthSchema}, auth=[])
    def get(self, request: Request) -> Response:
        """Say whether the database, the broker and the workers are there.

        503 only when the database is down; without broker or workers runs are accepted
        and wait, which is `degraded`.
        """
        found = health.check_health()
        return Response(found.body(), status=found.http_status)


class MetaView(HubView):
    """What this hub is."""

    access = {"get": Need("read", "scripts.view_script", anonymous=True)}

    @extend_schema(operation_id="meta", responses=MetaSchema)
    def get(self, request: Request) -> Response:
        """Say what runs here, and how much of it."""
        return Response(
            {
                "name": "automation-hub",
                "version": settings.HUB_VERSION,
                "commit": settings.HUB_COMMIT or None,
                "python": platform.python_version(),
                "django": django.get_version(),
                "time_zone": settings.TIME_ZONE,
                "broker": dispatch.broker_kind(),
                "database": connection.vendor,
                "scripts_folder": str(settings.SCRIPTS_DIR),
                "counts": _counts(request.user),
                "queues": sorted(
                    set(Worker.objects.alive().values_list("queue", flat=True))
                ),
                "features": ["scripts", "tasks", "runs", "logs", "artifacts"],
            }
        )


def _counts(user: Any) -> dict[str, int]:
    """Counts of what the caller may know of; of runs only the active, which is cheap."""
    scripts = Script.objects.visible_to(user)
    return {
        "scripts": scripts.exclude(state=ScriptState.MISSING).count(),
        "tasks": Task.objects.filter(script__in=scripts).count(),
        "runs_active": Run.objects.visible_to(user).filter(status__in=ACTIVE).count(),
    }
