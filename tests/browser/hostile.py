"""What somebody hostile writes wherever text goes; runs in the hub's own Django.

Each text names its place and could do harm there if it were more than text.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from apps.accounts import services as accounts
from apps.runs import services
from apps.runs.models import Occurrence, OutboxMessage, Run, Trigger, Worker
from apps.scripts.models import Script
from apps.tasks.favourites import set_favourite
from apps.tasks.models import ConcurrencyGroup, FreezeWindow, Schedule, Task

# Short enough for a tag, behind a short name.
HARM = '{{7*7}}"><img src=x onerror=taken()>'
MORE = "<script>taken()</script>'onmouseover='taken()' javascript:taken() {% now %}"
LONG = "W" * 60
SECRET = "a long password"


def evil(place: str, most: int = 250) -> str:
    """Return a text for a place that takes so many characters."""
    return f"{place}{HARM} {MORE} {LONG}"[:most]


def poison() -> dict[str, str]:
    """Fill a hub whose scripts are known; returns pages that show what, by name."""
    admin = User.objects.get(username="admin")
    script = Script.objects.get(name__startswith="name")
    other = _user(script)
    task = _task(script, admin)
    run = _start(script, task, other)
    made: dict[str, Model] = {
        "user": other,
        "group": Group.objects.create(name=evil("group", 150)),
        "script": script,
        "broken script": Script.objects.get(name__startswith="broken"),
        "task": task,
        "schedule": _schedule(task),
        "freeze": _freeze(task),
        "concurrency group": ConcurrencyGroup.objects.create(
            name="database", notes=evil("group notes")
        ),
        "worker": _worker(),
        "message": _message(run),
        "token": _token(admin),
    }
    preset, _is_new = services.save_preset(
        script=script,
        owner=other,
        name=evil("preset", 80),
        parameters={"text": evil("preset value")},
        shared=True,
    )
    for what in (script, task):
        set_favourite(user=admin, what=what)
    pages = {name: _page(row) for name, row in made.items()}
    pages["form"] = reverse("admin:runs_script_run", args=[script.pk])
    pages["filled"] = f"{pages['form']}?_task={task.pk}"
    pages["preset"] = f"{pages['form']}?_preset={preset.pk}"
    pages["ledger"] = reverse("admin:runs_task_ledger", args=[task.pk])
    pages["log"] = reverse("admin:runs_run_log_page", args=[run.pk])
    return pages | {"run": _page(run)}


def has_ended() -> bool:
    """Whether the run has; then what only the engine writes is written into it."""
    ended = Run.objects.filter(finished_at__isnull=False)
    return (
        ended.update(
            reason="spawn",
            exit_code=None,
            detail=evil("detail"),
            worker=evil("run worker", 128),
            fingerprint=evil("fingerprint", 200),
        )
        == 1
    )


def _page(row: Model) -> str:
    names = (row._meta.app_label, row._meta.model_name)
    return reverse("admin:{}_{}_change".format(*names), args=[_quoted(row.pk)])


def _quoted(key: object) -> object:
    return quote(key) if isinstance(key, str) else key


def _user(script: Script) -> User:
    user = User.objects.create_superuser(
        username=evil("user", 150),
        password=SECRET,
        first_name=evil("first name", 150),
    )
    return user


def _task(script: Script, owner: User) -> Task:
    task = Task(
        name=evil("task", 120),
        script=script,
        parameters={"text": evil("task value")},
        tags=[evil("tag", 40).replace(",", " ")],
        owner=owner,
    )
    services.save_task(task=task)
    return task


def _start(script: Script, task: Task, user: User) -> Run:
    return services.start_run(
        script=script,
        task=task,
        parameters={"text": evil("run value")},
        user=user,
        trigger=Trigger.ADMIN,
        note=evil("note", 200),
    )


def _schedule(task: Task) -> Schedule:
    schedule = services.save_schedule(
        schedule=Schedule(
            task=task,
            label=evil("label", 80),
            cron="0 3 * * *",
            timezone="Asia/Shanghai",
            parameters={"text": evil("schedule value")},
        )
    )
    services.pause(
        schedule=schedule,
        until=timezone.now() + timedelta(days=3),
        reason=evil("pause", 200),
        by=evil("user", 150),
    )
    Occurrence.objects.create(
        schedule=schedule,
        schedule_key=schedule.pk,
        label=schedule.label,
        task=task,
        scheduled_for=timezone.now() - timedelta(hours=2),
        outcome="skipped",
        cause="refused",
        detail=evil("refusal"),
    )
    return schedule


def _freeze(task: Task) -> FreezeWindow:
    now = timezone.now()
    return FreezeWindow.objects.create(
        reason=evil("freeze", 200),
        task=task,
        start=now + timedelta(hours=20),
        end=now + timedelta(hours=60),
    )


def _worker() -> Worker:
    return Worker.objects.create(
        name=evil("worker", 128),
        host=evil("host"),
        pid=1,
        queue=evil("queue", 64),
        slots=2,
        version="1",
        # Alive for as long as the pages are looked at.
        seen_at=timezone.now() + timedelta(hours=1),
        problem=evil("worker problem"),
    )


def _message(run: Run) -> OutboxMessage:
    return OutboxMessage.objects.create(
        receiver="apps.nobody",
        topic=evil("topic", 64),
        payload={"message": evil("payload")},
        run_id=run.pk,
        due_at=None,
        last_error=evil("delivery"),
    )


def _token(user: User) -> Model:
    token, _text = accounts.create_token(
        name="token", user=user, scopes=["read"], lifetime=None
    )
    type(token).objects.filter(pk=token.pk).update(name=evil("token", 60))
    return token
