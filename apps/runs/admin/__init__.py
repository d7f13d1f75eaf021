"""The admin of runs, and what runs add to the pages of scripts and tasks."""

from __future__ import annotations

from apps.runs.admin.freezes import FreezeWindowAdmin
from apps.runs.admin.groups import RunGroupAdmin
from apps.runs.admin.outbox import OutboxMessageAdmin
from apps.runs.admin.runs import RunAdmin
from apps.runs.admin.schedules import ScheduleAdmin
from apps.runs.admin.starting import RunnableScriptAdmin
from apps.runs.admin.tasks import RunnableTaskAdmin
from apps.runs.admin.workers import WorkerAdmin
from apps.runs.unregister import unregister_queue_pages

__all__ = [
    "FreezeWindowAdmin",
    "OutboxMessageAdmin",
    "RunAdmin",
    "RunGroupAdmin",
    "RunnableScriptAdmin",
    "RunnableTaskAdmin",
    "ScheduleAdmin",
    "WorkerAdmin",
]

unregister_queue_pages()
