"""Running many runs again, each with its own parameters."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.contrib.auth.models import AnonymousUser, User

from apps.core.errors import HubError
from apps.runs.models import Run, Trigger
from apps.runs.services.control import run_again
from apps.runs.services.start import Frozen


@dataclass
class Again:
    """What became of runs that were to be run again.

    `frozen` are those that a freeze window holds back until somebody gives a reason,
    and `window` says which one; `refused` cannot be run, each with why.
    """

    started: list[Run] = field(default_factory=list)
    frozen: list[uuid.UUID] = field(default_factory=list)
    window: str = ""
    refused: list[tuple[Run, HubError]] = field(default_factory=list)


def run_all_again(
    *,
    runs: Iterable[Run],
    user: User | AnonymousUser | None,
    trigger: Trigger,
    reason: str = "",
) -> Again:
    """Do what `run_again` does for each of `runs`, in their order.

    Each starts by itself: one that is refused holds up no other.
    """
    done = Again()
    for run in runs:
        try:
            new = run_again(run=run, user=user, trigger=trigger, reason=reason)
        except Frozen as exc:
            done.frozen.append(run.pk)
            done.window = done.window or exc.message
        except HubError as exc:
            done.refused.append((run, exc))
        else:
            done.started.append(new)
    return done
