"""Tables of everything that starts, watches, ends or stores an execution."""

from __future__ import annotations

from apps.runs.models.artifact import Artifact
from apps.runs.models.choices import ChoiceList
from apps.runs.models.instance import Instance
from apps.runs.models.key import RequestKey
from apps.runs.models.log import LogChunk, Stream
from apps.runs.models.occurrence import Alarm, Cause, DayCount, Occurrence, Outcome
from apps.runs.models.outbox import OutboxMessage
from apps.runs.models.preset import Preset
from apps.runs.models.run import Run
from apps.runs.models.slot import Slot
from apps.runs.models.status import ACTIVE, FINAL, MOVES, Reason, RunStatus, Trigger
from apps.runs.models.upload import Upload, UploadUse
from apps.runs.models.worker import Worker

__all__ = [
    "ACTIVE",
    "FINAL",
    "MOVES",
    "Alarm",
    "Artifact",
    "Cause",
    "ChoiceList",
    "DayCount",
    "Instance",
    "LogChunk",
    "Occurrence",
    "OutboxMessage",
    "Outcome",
    "Preset",
    "Reason",
    "RequestKey",
    "Run",
    "RunStatus",
    "Slot",
    "Stream",
    "Trigger",
    "Upload",
    "UploadUse",
    "Worker",
]
