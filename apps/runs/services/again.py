"""Running many runs again, each with its own parameters."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from django.contrib.auth.models import AnonymousUser, User

from apps.core.errors import HubError
from apps.runs.models import Run, Trigger
from apps.runs.services.control import run_again
from apps.runs.services.once import Once, run_once
from apps.runs.services.start import Frozen


@dataclass
class Again:
    """What became of runs that were to be run again.

    `frozen` are those that a freeze window holds back until somebody gives a reason,
    and `window` says which one; `refused` cannot be run, each with why. `repeated` are
    runs that the same request has started before.
    """

    started: list[Run] = field(default_factory=list)
    frozen: list[uuid.UUID] = field(default_factory=list)
    window: str = ""
    refused: list[tuple[Run, HubError]] = field(default_factory=list)
    repeated: list[Run] = field(default_factory=list)


def run_all_again(
    *,
    runs: Iterable[Run],
    user: User | AnonymousUser,
    trigger: Trigger,
    reason: str = "",
    once: Callable[[Run], Once | None] = lambda run: None,
) -> Again:
    """Do what `run_again` does for each of `runs`, in their order.

    Each starts by itself: one that is refused holds up no other. `once` says of each
    what keeps a request that comes twice from starting it twice.
    """
    done = Again()
    for run in runs:
        key = once(run)
        start = partial(
            run_again, run=run, user=user, trigger=trigger, once=key, reason=reason
        )
        try:
            new, is_new = run_once(once=key, user=user, start=start)
        except Frozen as exc:
            done.frozen.append(run.pk)
            done.window = done.window or exc.message
        except HubError as exc:
            done.refused.append((run, exc))
        else:
            (done.started if is_new else done.repeated).append(new)
    return done
