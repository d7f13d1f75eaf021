"""The JSON of a script, from a row of `.values()`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.scripts.services import note_sentence

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
    shown["environment"] = row["environment"] or {}
    shown["notes"] = [
        {"line": note["line"], "text": note_sentence(note)} for note in row["notes"]
    ]
    return shown


class NoteSchema(serializers.Serializer):
    line = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()


class ScriptSchema(serializers.Serializer):
    """The shape of `present`, for the OpenAPI document."""

    script_name = serializers.CharField(help_text="Its path relative to the folder.")
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


class SyncSchema(serializers.Serializer):
    """What POST /scripts found: names of scripts."""

    added = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    broken = serializers.ListField(child=serializers.CharField())
    total = serializers.IntegerField()
