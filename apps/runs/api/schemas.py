"""Shapes of small requests and of computed answers, for the OpenAPI document."""

from __future__ import annotations

from rest_framework import serializers

from apps.runs.api.presenting_tasks import OccurrenceSchema


class RunReason(serializers.Serializer):
    """What POST /tasks/{id}/run takes."""

    reason = serializers.CharField(
        required=False,
        max_length=200,
        help_text="Why it has to be now, as within a freeze window.",
    )


class PreviewRequest(serializers.Serializer):
    """What POST /tasks/preview takes: one of `cron`, `every_s` and `at`."""

    cron = serializers.CharField(required=False, allow_null=True)
    every_s = serializers.IntegerField(required=False, allow_null=True)
    at = serializers.CharField(required=False, allow_null=True)
    timezone = serializers.CharField(required=False)
    start = serializers.CharField(
        required=False, allow_null=True, help_text="The fires are those from then on."
    )
    end = serializers.CharField(required=False, allow_null=True)
    jitter_s = serializers.IntegerField(required=False)
    count = serializers.IntegerField(required=False, min_value=1, max_value=50)
    task = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="Whose freeze windows and usual duration count.",
    )


class FireSchema(serializers.Serializer):
    utc = serializers.DateTimeField()
    local = serializers.DateTimeField(help_text="In the schedule's time zone.")
    marks = serializers.ListField(
        child=serializers.ChoiceField(["dst_gap", "dst_fold", "freeze", "overlap"])
    )


class PreviewSchema(serializers.Serializer):
    words = serializers.CharField()
    fires = FireSchema(many=True)


class TallySchema(serializers.Serializer):
    expected = serializers.IntegerField(
        help_text="All fires that were planned, whatever became of them."
    )
    started = serializers.IntegerField()
    late = serializers.IntegerField()
    skipped = serializers.IntegerField()
    missed = serializers.IntegerField()
    waiting = serializers.IntegerField()
    unwritten = serializers.IntegerField(
        help_text="Planned up to now, and not in the ledger yet."
    )


class ScheduleTallySchema(TallySchema):
    schedule = serializers.IntegerField()
    label = serializers.CharField()


class ExceptionSchema(OccurrenceSchema):
    schedule = serializers.IntegerField()
    label = serializers.CharField()


class LedgerSchema(TallySchema):
    to = serializers.DateTimeField(help_text="Exclusive.")
    compacted_before = serializers.DateTimeField(
        allow_null=True,
        help_text="Before it only the counts of whole days (UTC) are left.",
    )
    schedules = ScheduleTallySchema(many=True)
    exceptions = ExceptionSchema(
        many=True, help_text="Fires that did not start in time, the latest first."
    )
    has_more = serializers.BooleanField(
        help_text="Whether there are more exceptions than are listed."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Add the one whose name no attribute can have."""
        return {"from": serializers.DateTimeField(), **super().get_fields()}
