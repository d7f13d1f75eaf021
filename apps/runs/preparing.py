"""What a run's script is started with: its command line, its environment, its input."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from django.conf import settings

from apps.executor.command import build_command
from apps.executor.environment import build_env
from apps.executor.envs.store import Env
from apps.executor.spec import ExecutionSpec
from apps.runs.delivery import Delivery, delivery_of
from apps.runs.folders import Folders
from apps.runs.models import Instance, Run
from apps.runs.uploads import place_files
from apps.scripts import services as scripts
from apps.scripts.discovery import Content
from apps.scripts.models import Script
from apps.scripts.parameters import render_argv, validate
from apps.scripts.sealing import opened

_instance: list[str] = []


class Rejected(Exception):
    """The run cannot be started as it was accepted; the message says why."""


def open_delivery(run: Run, script: Script) -> Delivery:
    """Check a run's parameters against what its script takes now, and return those that
    are secrets in the clear. Raises Rejected, and NoKey.

    Whether the file has changed since the run was accepted, nobody knows here: another
    run, or a look into the folder, may have noticed it before. A parameter that became
    a secret meanwhile is one of them, though it was stored in the open.
    """
    values, problems = opened(
        script=script, parameters=run.parameters, tokens=run.secrets
    )
    if problems:
        raise Rejected(scripts.problem_sentence(problems[0]))
    if problems := validate(script.parameters_schema, values):
        sentence = scripts.problem_sentence(problems[0])
        raise Rejected(f"the script changed while the run waited: {sentence}")
    return delivery_of(script.parameters_schema, values)


def spec_of(
    run: Run,
    script: Script,
    content: Content,
    *,
    folders: Folders,
    delivery: Delivery,
    own: Env | None,
    keep_on: Callable[[], bool],
) -> ExecutionSpec:
    """Return how the script is to be executed, with the files that it is given there.

    `own` is its own environment, if any; `keep_on` is asked while files are copied.
    Raises NotRenderable, SpecError, and what `place_files` raises.
    """
    command = build_command(
        content.path,
        interpreter=script.interpreter or None,
        python=str(own.python) if own else sys.executable,
        head=content.source,
        env_bin=own.bin if own else None,
    )
    values = place_files(
        schema=script.parameters_schema,
        values=run.parameters,
        work=folders.work,
        keep_on=keep_on,
    )
    argv = render_argv(script.parameters_schema, values)
    extra = {
        **(script.environment or {}),
        **delivery.env,
        "HOME": str(folders.work),
        "TMPDIR": str(folders.temporary),
        "HUB_ARTIFACTS": str(folders.listed),
        **marks_of(run),
    }
    # A shell script may start Python too; what it prints is to be live.
    env = build_env(base=os.environ, python=True, extra=extra)
    if own is not None:
        env["PATH"] = f"{own.bin}{os.pathsep}{env['PATH']}"
        env["VIRTUAL_ENV"] = str(own.path)
    return ExecutionSpec(
        argv=(*command, *argv),
        cwd=folders.work,
        env=env,
        stdin=delivery.stdin,
        timeout_s=run.timeout_s,
        grace_s=settings.GRACE_S,
        fence_s=settings.FENCE_S,
        beat_s=settings.HEARTBEAT_S,
    )


def marks_of(run: Run) -> dict[str, str]:
    """Return the variables that tell whose a process is."""
    return {
        "DATA_DIR": str(settings.DATA_DIR),
        "HUB_RUN_ID": str(run.pk),
        "HUB_INSTANCE": instance_id(),
    }


def instance_id() -> str:
    """Return this hub's id, which marks the processes of its scripts."""
    if not _instance:
        _instance.append(str(Instance.objects.own().pk))
    return _instance[0]
