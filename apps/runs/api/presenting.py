"""The JSON of a run, from a row of `.values()`: a model serializer costs three times
the query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from django.db import connection
from rest_framework import serializers
from rest_framework.request import Request

from apps.core.prepared import PreparedValues, Spliced
from apps.runs import sentences
from apps.runs.api.naming import schedule_name
from apps.runs.downloads import artifact_path
from apps.runs.models import Artifact, Reason, Run, RunStatus, Trigger
from apps.runs.rows import duration_s, row_of
from apps.runs.waits import Waits
from apps.scripts.models import Script
from apps.scripts.secrecy import HIDDEN, secret_names, veiled
from apps.tasks.models import Schedule

ARTIFACTS = PreparedValues(
    lambda: Artifact.objects.filter(run_id__in=Spliced()).values(
        "run_id", "name", "size_bytes", "content_type", "sha256"
    )
)
SCHEMAS = PreparedValues(
    lambda: (
        Script.objects.order_by()
        .filter(pk__in=Spliced())
        .values("id", "parameters_schema")
    )
)


def present_many(
    request: Request, found: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return runs as the API shows them: a few queries more, whatever their number."""
    shown = _present_all(request, found, _artifacts(request, found))
    secrets = _secrets(found)
    for run, row in zip(shown, found, strict=True):
        # What became a secret since was stored in the open.
        for name in secrets.get(row["script"], ()):
            if name in row["parameters"]:
                run["parameters"][name] = HIDDEN
    return shown


def present_one(request: Request, run: Run) -> dict[str, Any]:
    """Return a run that is at hand, with its script and task, as the API shows it.

    It is not read again: retention may have deleted it meanwhile.
    """
    return present_many(request, [row_of(run)])[0]


def present_new(request: Request, run: Run) -> dict[str, Any]:
    """Return a run that was just made as the API shows it.

    It is not read again: it has no artifacts yet, and nothing that the database adds.
    """
    return _present_all(request, [row_of(run)], {})[0]


def _present_all(
    request: Request,
    found: Sequence[Mapping[str, Any]],
    kept: Mapping[Any, list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    waits = Waits.of(found)
    schedules = _schedules(found)
    base = run_url(request, "")
    # Most runs of a page ended in the same few ways.
    messages: dict[tuple[Any, ...], str] = {}
    shown = []
    for row in found:
        how = tuple(row[name] for name in sentences.MESSAGE_COLUMNS)
        if how not in messages:
            messages[how] = sentences.message(row)
        about = {
            "message": messages[how],
            "waiting": sentences.waiting(row, waits),
            "schedule": schedules.get(row["schedule"]),
            "source_url": _source_url(request, row),
            "log_url": f"{base}{row['id']}/log",
            "artifacts": kept.get(row["id"], []),
        }
        shown.append(_present(row, about))
    return shown


def _present(row: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run_id": row["id"],
        "script_name": row["script_name"],
        "script_sha256": row["script_sha256"] or None,
        "source_url": about["source_url"],
        "task": row["task_name"],
        "schedule": about["schedule"],
        "scheduled_for": row["scheduled_for"],
        "parameters": veiled(row["parameters"]),
        "status": row["status"],
        "reason": row["reason"] or None,
        "message": about["message"],
        "exit_code": row["exit_code"],
        "signal": row["signal"],
        "trigger": row["trigger"],
        "note": row["note"] or None,
        "requested_by": row["requested_by_name"] or None,
        "queue": row["queue"],
        "worker": row["worker"] or None,
        "attempt": row["attempt"],
        "retry_of": row["retry_of"],
        "waiting": about["waiting"],
        "queued_at": row["queued_at"],
        "began_at": row["began_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "cancel_requested_at": row["cancel_requested_at"],
        "duration_s": duration_s(row),
        "cpu_s": row["cpu_s"],
        "max_rss_bytes": row["max_rss_bytes"],
        "log_url": about["log_url"],
        "artifacts": about["artifacts"],
    }


def _source_url(request: Request, row: Mapping[str, Any]) -> str | None:
    """Return where the source that ran is read; None before, or where it went."""
    if row["version"] is None:
        return None
    name, sha256 = quote(row["script_name"]), row["script_sha256"]
    return request.build_absolute_uri(f"/scripts/{name}/source?version={sha256}")


def _secrets(found: Sequence[Mapping[str, Any]]) -> dict[int, list[str]]:
    """Return which parameters the scripts of these runs call secrets by now."""
    ids = sorted({row["script"] for row in found if row["parameters"]} - {None})
    if not ids:
        return {}
    scripts = SCHEMAS.fetch(", ".join(["%s"] * len(ids)), ids)
    return {one["id"]: secret_names(one["parameters_schema"]) for one in scripts}


def _schedules(found: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """Return what the schedules of these runs are called, by their ids."""
    ids = {row["schedule"] for row in found if row["schedule"] is not None}
    if not ids:
        return {}
    schedules = Schedule.objects.filter(pk__in=ids).order_by()
    return {schedule.pk: schedule_name(schedule) for schedule in schedules}


def run_url(request: Request, run_id: Any, tail: str = "") -> str:
    """Return the address of a run or of something of it."""
    return request.build_absolute_uri(f"/runs/runs/{run_id}{tail}")


def _artifacts(
    request: Request, found: Sequence[Mapping[str, Any]]
) -> dict[Any, list[dict[str, Any]]]:
    # What still waits has left nothing.
    ids = [row["id"] for row in found if row["status"] != RunStatus.QUEUED]
    kept: dict[Any, list[dict[str, Any]]] = {}
    if not ids:
        return kept
    keys = [Run._meta.pk.get_db_prep_value(run_id, connection) for run_id in ids]
    for row in ARTIFACTS.fetch(", ".join(["%s"] * len(keys)), keys):
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
    script_sha256 = serializers.CharField(
        allow_null=True, help_text="The checksum of what ran, once it began."
    )
    source_url = serializers.URLField(
        allow_null=True, help_text="Where the source that ran is read."
    )
    task = serializers.CharField(allow_null=True)
    schedule = serializers.CharField(
        allow_null=True, help_text="Its label, or when it fires in words."
    )
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
    note = serializers.CharField(
        allow_null=True, help_text="What was said by who started it."
    )
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
    reason = serializers.CharField(
        required=False,
        help_text="With a task: why it has to be now, as within a freeze window.",
    )


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
    at = serializers.DateTimeField(
        required=False, help_text="With `times=1`: when the line's beginning was kept."
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
        help_text="Of a search or the next error: what to send next time, or null.",
    )
    lines = serializers.IntegerField(help_text="How many lines there are so far.")
    gap = LogGapSchema(
        allow_null=True, help_text="Where lines were cut out, over the log's limit."
    )
    done = serializers.BooleanField(help_text="Whether nothing more will come.")
