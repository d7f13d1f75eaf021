"""The admin of runs, and what runs add to the pages of scripts and tasks."""

from __future__ import annotations

from apps.runs.admin.outbox import OutboxMessageAdmin
from apps.runs.admin.runs import RunAdmin
from apps.runs.admin.starting import RunnableScriptAdmin, RunnableTaskAdmin
from apps.runs.admin.workers import WorkerAdmin
from apps.runs.unregister import unregister_queue_pages

__all__ = [
    "OutboxMessageAdmin",
    "RunAdmin",
    "RunnableScriptAdmin",
    "RunnableTaskAdmin",
    "WorkerAdmin",
]

unregister_queue_pages()
