"""Who looks at the home page: which runs and tasks they may know of, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet

from apps.runs.listing import visible_scripts
from apps.runs.models import Run
from apps.runs.services import database_now


@dataclass(frozen=True)
class Reader:
    """A person at a moment. `scripts` are the ids of what they may know of; None: all."""

    user: User | AnonymousUser
    now: datetime
    scripts: list[int] | None

    @classmethod
    def of(cls, user: User | AnonymousUser) -> Reader:
        return cls(user, database_now(), visible_scripts(user))

    @property
    def sees_all(self) -> bool:
        """Whether runs are there for them also when their script is not known."""
        return bool(self.user.is_superuser)

    def may(self, permission: str) -> bool:
        return bool(self.user.has_perm(permission))

    def runs(self, **fixed: Any) -> QuerySet[Run]:
        """Return the runs that they may know of, in no order."""
        runs = Run.objects.order_by().filter(**fixed)
        if self.sees_all:
            return runs
        if self.scripts is None:
            return runs.filter(script__isnull=False)
        return runs.filter(script__in=self.scripts)

    def within(self, rows: QuerySet[Any], script: str) -> Any:
        """Return the rows whose script, which that column names, they may know of."""
        if self.scripts is None:
            return rows
        return rows.filter(**{f"{script}__in": self.scripts})
