"""The JSON of a run, from a row of `.values()`: a model serializer costs three times
the query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from apps.runs import sentences
from apps.runs.downloads import artifact_path
from apps.runs.models import Artifact, Reason, Run, RunStatus, Trigger
from apps.runs.rows import duration_s, live_queues, rows


def present_many(
    request: Request, found: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return runs as the API shows them: two queries more, whatever their number."""
    kept = _artifacts(request, [row["id"] for row in found])
    waits = any(row["status"] == RunStatus.QUEUED for row in found)
    queues = live_queues() if waits else set()
    return [_present(request, row, kept.get(row["id"], []), queues) for row in found]


def present_one(request: Request, run_id: Any) -> dict[str, Any]:
    """Return one run as the API shows it."""
    return present_many(request, [rows(Run.objects).get(pk=run_id)])[0]


def _present(
    request: Request,
    row: Mapping[str, Any],
    artifacts: list[dict[str, Any]],
    queues: set[str],
) -> dict[str, Any]:
    return {
        "run_id": row["id"],
        "script_name": row["script_name"],
        "task": row["task_name"],
        "schedule": None,
        "scheduled_for": row["scheduled_for"],
        "parameters": row["parameters"],
        "status": row["status"],
        "reason": row["reason"] or None,
        "message": sentences.message(row),
        "exit_code": row["exit_code"],
        "signal": row["signal"],
        "trigger": row["trigger"],
        "requested_by": row["requested_by_name"] or None,
        "queue": row["queue"],
        "worker": row["worker"] or None,
        "attempt": row["attempt"],
        "retry_of": row["retry_of"],
        "waiting": sentences.waiting(row, queues),
        "queued_at": row["queued_at"],
        "began_at": row["began_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "cancel_requested_at": row["cancel_requested_at"],
        "duration_s": duration_s(row),
        "cpu_s": row["cpu_s"],
        "max_rss_bytes": row["max_rss_bytes"],
        "log_url": run_url(request, row["id"], "/log"),
        "artifacts": artifacts,
    }


def run_url(request: Request, run_id: Any, tail: str = "") -> str:
    """Return the address of a run or of something of it."""
    return request.build_absolute_uri(f"/runs/runs/{run_id}{tail}")


def _artifacts(
    request: Request, run_ids: Iterable[Any]
) -> dict[Any, list[dict[str, Any]]]:
    kept: dict[Any, list[dict[str, Any]]] = {}
    for found in Artifact.objects.filter(run__in=run_ids).values(
        "run_id", "name", "size_bytes", "content_type", "sha256"
    ):
        row: dict[str, Any] = {**found}
        run_id = row.pop("run_id")
        row["url"] = request.build_absolute_uri(artifact_path(run_id, row["name"]))
        kept.setdefault(run_id, []).append(row)
    return kept


class ArtifactSchema(serializers.Serializer):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    content_type = serializers.CharField()
    sha256 = serializers.CharField()
    url = serializers.URLField()


class RunSchema(serializers.Serializer):
    """The shape of `present_many`'s dicts, for the OpenAPI document."""

    run_id = serializers.UUIDField()
    script_name = serializers.CharField()
    task = serializers.CharField(allow_null=True)
    schedule = serializers.CharField(allow_null=True)
    scheduled_for = serializers.DateTimeField(allow_null=True)
    parameters = serializers.DictField()
    status = serializers.ChoiceField(RunStatus.choices)
    reason = serializers.ChoiceField(Reason.choices, allow_null=True)
    message = serializers.CharField(
        allow_blank=True, help_text="Why it ended, as a sentence."
    )
    exit_code = serializers.IntegerField(allow_null=True)
    signal = serializers.IntegerField(allow_null=True)
    trigger = serializers.ChoiceField(Trigger.choices)
    requested_by = serializers.CharField(allow_null=True)
    queue = serializers.CharField()
    worker = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField()
    retry_of = serializers.UUIDField(allow_null=True)
    waiting = serializers.CharField(
        allow_null=True, help_text="While queued: what it waits for."
    )
    queued_at = serializers.DateTimeField()
    began_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    cancel_requested_at = serializers.DateTimeField(allow_null=True)
    duration_s = serializers.FloatField(allow_null=True)
    cpu_s = serializers.FloatField(allow_null=True)
    max_rss_bytes = serializers.IntegerField(allow_null=True)
    log_url = serializers.URLField()
    artifacts = ArtifactSchema(many=True)


class RunPageSchema(serializers.Serializer):
    results = RunSchema(many=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class RunRequest(serializers.Serializer):
    """What POST /runs/runs takes: a script with parameters, or a saved task."""

    script_name = serializers.CharField(required=False, trim_whitespace=False)
    parameters = serializers.DictField(required=False)
    task = serializers.CharField(required=False)


class LogChunkSchema(serializers.Serializer):
    seq = serializers.IntegerField()
    stream = serializers.ChoiceField(["stdout", "stderr", "hub"])
    text = serializers.CharField()


class LogSchema(serializers.Serializer):
    chunks = LogChunkSchema(many=True)
    next = serializers.IntegerField(help_text="What to send as `after` next time.")
    done = serializers.BooleanField(help_text="Whether nothing more will come.")


class LogLineSchema(serializers.Serializer):
    n = serializers.IntegerField(
        allow_null=True, help_text="The line's number; null for what the hub says."
    )
    stream = serializers.ChoiceField(["stdout", "stderr", "hub"])
    text = serializers.CharField()
    cut = serializers.BooleanField(
        required=False, help_text="True when this is not the whole line."
    )


class LogGapSchema(serializers.Serializer):
    after_line = serializers.IntegerField(
        help_text="The last line before the gap; its end may be missing."
    )
    next_line = serializers.IntegerField(
        help_text="The first line behind the gap; its beginning may be missing."
    )


class LogLinesSchema(serializers.Serializer):
    results = LogLineSchema(many=True)
    next = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Of a search: what to send as `after_line` next time, or null.",
    )
    lines = serializers.IntegerField(help_text="How many lines there are so far.")
    gap = LogGapSchema(
        allow_null=True, help_text="Where lines were cut out, over the log's limit."
    )
    done = serializers.BooleanField(help_text="Whether nothing more will come.")
