from __future__ import annotations

from typing import Any

from apps.core.api.views import route
from apps.runs.api.choices import ScriptChoices
from apps.runs.api.freezes import FreezeDetail, FreezeList
from apps.runs.api.ledger import TaskLedger
from apps.runs.api.output import RunArtifact, RunLog
from apps.runs.api.preview import TaskPreview
from apps.runs.api.schedules import (
    ScheduleDetail,
    ScheduleList,
    SchedulePause,
    ScheduleResume,
    Switch,
    SwitchPause,
    SwitchResume,
)
from apps.runs.api.tasks import TaskDetail, TaskList, TaskRun
from apps.runs.api.uploads import UploadDetail, UploadList
from apps.runs.api.views import RunCancel, RunDetail, RunList, RunRetry


def _routes(base: str, name: str) -> list[Any]:
    one = f"{base}/(?P<run_id>[^/]+)"
    return [
        route(base, RunList.as_view(), f"{name}-list"),
        route(one, RunDetail.as_view(), f"{name}-detail"),
        route(f"{one}/cancel", RunCancel.as_view(), f"{name}-cancel"),
        route(f"{one}/retry", RunRetry.as_view(), f"{name}-retry"),
        route(f"{one}/log", RunLog.as_view(), f"{name}-log"),
        route(f"{one}/artifacts/(?P<name>.+?)", RunArtifact.as_view(), f"{name}-file"),
    ]


TASK = "tasks/(?P<task_id>[^/]+)"
SCHEDULE = f"{TASK}/schedules/(?P<schedule_id>[^/]+)"
DEFINITIONS = [
    route("tasks", TaskList.as_view(), "task-list"),
    # No task has it for an id.
    route("tasks/preview", TaskPreview.as_view(), "task-preview"),
    route(TASK, TaskDetail.as_view(), "task-detail"),
    route(f"{TASK}/run", TaskRun.as_view(), "task-run"),
    route(f"{TASK}/ledger", TaskLedger.as_view(), "task-ledger"),
    route(f"{TASK}/schedules", ScheduleList.as_view(), "schedule-list"),
    route(SCHEDULE, ScheduleDetail.as_view(), "schedule-detail"),
    route(f"{SCHEDULE}/pause", SchedulePause.as_view(), "schedule-pause"),
    route(f"{SCHEDULE}/resume", ScheduleResume.as_view(), "schedule-resume"),
    route("schedules", Switch.as_view(), "switch"),
    route("schedules/pause", SwitchPause.as_view(), "switch-pause"),
    route("schedules/resume", SwitchResume.as_view(), "switch-resume"),
    route("freezes", FreezeList.as_view(), "freeze-list"),
    route("freezes/(?P<freeze_id>[^/]+)", FreezeDetail.as_view(), "freeze-detail"),
]
INPUTS = [
    route("uploads", UploadList.as_view(), "upload-list"),
    route("uploads/(?P<upload_id>[^/]+)", UploadDetail.as_view(), "upload-detail"),
    route("scripts/(?P<path>.+?)/choices", ScriptChoices.as_view(), "script-choices"),
]

# /runs and /runs/{run_id} are the same resource under a shorter name.
urlpatterns = [
    *_routes("runs/runs", "run"),
    *_routes("runs", "run-short"),
    *DEFINITIONS,
    *INPUTS,
]
