"""The JSON of a script, from a row of `.values()`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.permissions import Need
from apps.scripts.models import Script
from apps.scripts.services import note_sentence

READ = Need("read", "scripts.view_script", anonymous=True)
PATH = OpenApiParameter(
    "path", str, OpenApiParameter.PATH, description="The script's name, with slashes."
)
FIELDS = (
    "name",
    "title",
    "description",
    "tags",
    "state",
    "problem",
    "enabled",
    "anonymous",
    "timeout_s",
    "queue",
    "max_running",
    "group",
    "dependencies",
    "requires_python",
    "environment",
    "confirm",
    "dry_run",
    "sha256",
    "size_bytes",
    "parameters_schema",
    "notes",
    "synced_at",
)


def present(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a script as the API shows it."""
    shown = {("script_name" if name == "name" else name): row[name] for name in FIELDS}
    shown["folder"] = row["name"].rpartition("/")[0]
    shown["environment"] = row["environment"] or {}
    shown["notes"] = [
        {"line": note["line"], "text": note_sentence(note)} for note in row["notes"]
    ]
    return shown


def answer(script: Script) -> Response:
    """Return the answer that is a script, as it is in the database now."""
    row: dict[str, Any] = Script.objects.values(*FIELDS).get(pk=script.pk)
    return Response(present(row))


class NoteSchema(serializers.Serializer):
    line = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()


class ScriptSchema(serializers.Serializer):
    """The shape of `present`, for the OpenAPI document."""

    script_name = serializers.CharField(help_text="Its path relative to the folder.")
    folder = serializers.CharField(
        allow_blank=True, help_text="The part of its name before the last slash."
    )
    title = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(["ok", "broken", "missing"])
    problem = serializers.CharField(
        allow_blank=True, help_text="What is wrong with it, unless its state is ok."
    )
    enabled = serializers.BooleanField()
    anonymous = serializers.BooleanField()
    timeout_s = serializers.FloatField(allow_null=True)
    queue = serializers.CharField(allow_blank=True)
    max_running = serializers.IntegerField(
        allow_null=True, help_text="How many of its runs may go on at once."
    )
    group = serializers.CharField(
        allow_blank=True, help_text="Its concurrency group, unless a task has another."
    )
    dependencies = serializers.ListField(
        child=serializers.CharField(),
        help_text="Packages of its own environment, as PEP 508 writes them.",
    )
    requires_python = serializers.CharField(
        allow_blank=True, help_text="Versions of Python, such as >=3.11."
    )
    environment = serializers.DictField(
        child=serializers.CharField(), help_text="Variables that each run gets."
    )
    confirm = serializers.CharField(
        allow_blank=True, help_text="A question that the console asks before a run."
    )
    dry_run = serializers.CharField(
        allow_blank=True, help_text="Which parameter makes a rehearsal of a run."
    )
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    parameters_schema = serializers.DictField(
        help_text="JSON Schema, draft 2020-12, of its parameters."
    )
    notes = NoteSchema(many=True)
    synced_at = serializers.DateTimeField(allow_null=True)


class ScriptPageSchema(serializers.Serializer):
    results = ScriptSchema(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


VERSION_FIELDS = (
    "number",
    "sha256",
    "size_bytes",
    "first_seen_at",
    "last_seen_at",
    "has_source",
)


def present_version(
    row: Mapping[str, Any], script: Script, base: str
) -> dict[str, Any]:
    """Return a version as the API shows it; `base` is the script's own address."""
    address = f"{base}/source?version={row['sha256']}"
    return {
        **{name: row[name] for name in VERSION_FIELDS[:-1]},
        "current": row["sha256"] == script.sha256,
        "source_url": address if row["has_source"] else None,
    }


class VersionSchema(serializers.Serializer):
    number = serializers.IntegerField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    current = serializers.BooleanField(help_text="Whether the file is so now.")
    source_url = serializers.URLField(
        allow_null=True, help_text="Null for what is no text, or too large."
    )


class VersionPageSchema(serializers.Serializer):
    results = VersionSchema(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class LeftOutSchema(serializers.Serializer):
    name = serializers.CharField(help_text="A folder's ends with a slash.")
    reason = serializers.CharField()


class SyncSchema(serializers.Serializer):
    """What POST /scripts found: names of scripts."""

    added = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    broken = serializers.ListField(child=serializers.CharField())
    left_out = LeftOutSchema(
        many=True, help_text="What looks like a script and is none, the first 200."
    )
    remarks = serializers.ListField(
        child=serializers.CharField(), help_text="About the folder, such as .hubignore."
    )
    total = serializers.IntegerField()
