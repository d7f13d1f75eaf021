"""Somebody's favourites, each with its last run and a way to run it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.urls import reverse

from apps.runs.models import Run
from apps.scripts import services as scripts
from apps.scripts.models import Script
from apps.system.home.reader import Reader
from apps.tasks.models import Favourite, Task

MOST = 24


@dataclass(frozen=True)
class Starred:
    """`post` and `form` are addresses: one click that runs it, or the form that asks.

    Neither is there where it cannot be run, or not by this reader.
    """

    name: str
    about: str
    url: str
    post: str
    form: str
    last_run: uuid.UUID | None
    last_status: str


def starred(reader: Reader) -> list[Starred]:
    """Return what has the reader's star and is still there for them."""
    given = Favourite.objects.filter(user=reader.user.pk).order_by("id")
    given = given.select_related("script", "task__script")
    of_script = Run.objects.filter(script=OuterRef("script")).order_by("-id")
    of_task = Run.objects.filter(task=OuterRef("task")).order_by("-id")
    given = given.annotate(
        script_run=Subquery(of_script.values("pk")[:1]),
        task_run=Subquery(of_task.values("pk")[:1]),
    )
    found = [each for each in given[:MOST] if _is_visible(reader, each)]
    last = {each.pk: each.script_run or each.task_run for each in found}
    statuses = dict(
        Run.objects.filter(pk__in=[pk for pk in last.values() if pk])
        .order_by()
        .values_list("pk", "status")
    )
    return [
        _starred(reader, each, last[each.pk], statuses.get(last[each.pk], ""))
        for each in found
    ]


def _is_visible(reader: Reader, given: Favourite) -> bool:
    script = given.script_id or (given.task.script_id if given.task else None)
    return reader.scripts is None or script in reader.scripts


def _starred(
    reader: Reader, given: Favourite, run: uuid.UUID | None, status: str
) -> Starred:
    may = reader.may("scripts.run_script")
    if given.task is not None:
        post, form = _ways_of_task(given.task) if may else ("", "")
        url = reverse("admin:tasks_task_change", args=[given.task.pk])
        about = given.task.script.name
        return Starred(given.task.name, about, url, post, form, run, status)
    script = given.script
    assert script is not None
    post, form = _ways_of_script(script) if may else ("", "")
    url = reverse("admin:scripts_script_change", args=[script.pk])
    return Starred(script.name, script.title, url, post, form, run, status)


def _ways_of_task(task: Task) -> tuple[str, str]:
    if not task.enabled or not is_runnable(task.script):
        return "", ""
    return reverse("admin:runs_task_run", args=[task.pk]), ""


def _ways_of_script(script: Script) -> tuple[str, str]:
    if not is_runnable(script):
        return "", ""
    if needs_nothing(script):
        return reverse("admin:hub_run_script", args=[script.pk]), ""
    return "", reverse("admin:runs_script_run", args=[script.pk])


def is_runnable(script: Script) -> bool:
    try:
        scripts.check_runnable(script=script)
    except scripts.ScriptNotRunnable:
        return False
    return True


def needs_nothing(script: Script) -> bool:
    """Whether it runs as it is, without parameters and without being asked first."""
    # A question that its header may ask.
    question = script.confirm
    return not question and not scripts.parameter_problems(script=script, parameters={})
