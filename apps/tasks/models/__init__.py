"""Tables of definitions: what runs, and when."""

from __future__ import annotations

from apps.tasks.models.favourite import Favourite
from apps.tasks.models.freeze import FreezeWindow
from apps.tasks.models.group import ConcurrencyGroup
from apps.tasks.models.schedule import Missed, Overlap, Pause, Schedule
from apps.tasks.models.task import Task

__all__ = [
    "ConcurrencyGroup",
    "Favourite",
    "FreezeWindow",
    "Missed",
    "Overlap",
    "Pause",
    "Schedule",
    "Task",
]
