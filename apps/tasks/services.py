"""Checking definitions: each mistake at its field, with a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any
from unicodedata import category
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.scripts import services as scripts
from apps.scripts.manifest import QUEUE_NAME
from apps.scripts.problems import show_name
from apps.scripts.sealing import Tokens, sealed
from apps.tasks.models import FreezeWindow, Schedule, Task
from apps.tasks.sentences import explain, show_moment
from apps.tasks.timing import (
    Cron,
    Plan,
    TimingError,
    check_ahead,
    check_jitter,
    parse_zone,
)

MAX_TAGS = 20
MAX_TAG_CHARS = 40
MAX_SCHEDULES = 50
"""The most schedules of one task."""

TAG_COMMAS = ",\uff0c\u3001"
"""What parts one tag from the next where people type them."""

# Kinds of characters that no tag holds: control characters, and ends of lines.
UNWRITABLE = {"Cc", "Zl", "Zp"}

Problems = dict[str, list[str]]


def check_task(*, task: Task, parameters: bool = True) -> None:
    """Raise InvalidInput with a sentence for each wrong field of a task.

    `parameters` False: a change leaves them and the script alone. They may have become
    wrong with the script, and what else the task says can be changed all the same.
    The tags of the task become what `clean_tags` makes of them.
    """
    problems = _problems_of_row(task)
    try:
        task.tags = clean_tags(tags=task.tags)
    except InvalidInput as exc:
        problems |= exc.fields
    problems |= dict(_problems_of_queue(task.queue))
    if parameters and "script" not in problems:
        problems |= _problems_of_parameters(task, task.parameters, task.secrets)
    _refuse(problems)


def check_schedule(
    *,
    schedule: Schedule,
    now: datetime,
    changed: Collection[str] | None = None,
) -> None:
    """Raise InvalidInput with a sentence for each wrong field of a schedule.

    An enabled one has to have a fire ahead of `now`, which is the database's time. `changed` are the fields that a
    change is about, None all of them: neither parameters that became wrong with the
    script nor a plan that is over keep anything else from being changed. A new one
    has to have room beside the others of its task. The expression becomes the one that
    is read: spaces are single.
    """
    if schedule.pk is None:
        _check_room(schedule.task)
    problems = _problems_of_columns(schedule)
    # Reading it says more, and the same as the preview says.
    problems.pop("cron", None)
    if not problems.keys() & _TIMING:
        is_new = changed is None or bool({*_TIMING, "enabled"} & set(changed))
        problems |= _problems_of_timing(schedule, now, ahead=is_new)
    problems = _problems_of_constraints(schedule, problems) | problems
    has_parameters = changed is None or "parameters" in changed
    if has_parameters and isinstance(schedule.parameters, dict):
        given = schedule.parameters_of_run()
        secrets = schedule.secrets_of_run()
        problems |= _problems_of_parameters(schedule.task, given, secrets)
    _refuse(problems)


def check_timing(*, schedule: Schedule, now: datetime) -> None:
    """Raise InvalidInput for what is wrong with when it fires, whatever its task."""
    _refuse(_problems_of_timing(schedule, now))


def check_freeze(*, window: FreezeWindow) -> None:
    """Raise InvalidInput with a sentence for each wrong field of a freeze window."""
    problems = _problems_of_row(window)
    if window.tag and "tag" not in problems:
        # A tag that no task can bear would freeze nothing, and nobody would know.
        problems["tag"] = list(_problems_of_tag(window.tag))
    _refuse(problems)


def check_pause(*, until: datetime | None, zone: ZoneInfo, now: datetime) -> None:
    """Raise InvalidInput for a pause that would be over already, told in `zone`."""
    if until is None or until > now:
        return
    facts = {
        "until": show_moment(until.astimezone(zone)),
        "now": show_moment(now.astimezone(zone).replace(microsecond=0)),
    }
    sentence = _("%(until)s is over: it is %(now)s. Choose a later end.") % facts
    _refuse({"until": [sentence]})


def task_problems(*, task: Task) -> list[str]:
    """Return why the task, as it is, would be refused: its script has changed."""
    return scripts.parameter_problems(
        script=task.script, parameters=task.parameters, tokens=task.secrets
    )


def clean_tags(*, tags: Any) -> list[str]:
    """Return the tags of a task without the spaces around them, each of them once.

    Raises InvalidInput with the field `tags`.
    """
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        sentence = _('Write a list of words, such as ["billing", "nightly"].')
        raise InvalidInput(f"tags: {sentence}", fields={"tags": [sentence]})
    if len(tags) > MAX_TAGS:
        sentence = _("A task bears %(most)s tags at most.") % {"most": MAX_TAGS}
        raise InvalidInput(f"tags: {sentence}", fields={"tags": [sentence]})
    words = list(dict.fromkeys(tag.strip() for tag in tags))
    wrong = [line for word in words for line in _problems_of_tag(word)]
    _refuse({"tags": list(dict.fromkeys(wrong))})
    return words


def schedule_problems(*, schedule: Schedule) -> list[str]:
    """Return why runs of the schedule, as it is, would be refused."""
    script = schedule.task.script
    given = schedule.parameters_of_run()
    return scripts.parameter_problems(
        script=script, parameters=given, tokens=schedule.secrets_of_run()
    )


def seal_secrets(*, row: Task | Schedule) -> None:
    """Encrypt what a definition that is about to be stored holds in the open.

    Secrets that it had before stay where their mark is among the parameters. Raises
    NoKey where the hub has no key.
    """
    script = row.script if isinstance(row, Task) else row.task.script
    row.parameters, row.secrets = sealed(
        script=script, parameters=row.parameters, tokens=row.secrets
    )


def _check_room(task: Task) -> None:
    if task.schedules.count() >= MAX_SCHEDULES:
        sentence = _("A task has %(most)s schedules at most.") % {"most": MAX_SCHEDULES}
        raise InvalidInput(sentence)


def _problems_of_row(row: models.Model) -> Problems:
    """What the columns and constraints say, by field."""
    problems = _problems_of_columns(row)
    return problems | _problems_of_constraints(row, problems)


def _problems_of_columns(row: models.Model) -> Problems:
    try:
        row.full_clean(validate_constraints=False)
    except ValidationError as exc:
        return {
            name: [_sentence(row, name, error) for error in errors]
            for name, errors in exc.error_dict.items()
        }
    return {}


def _sentence(row: models.Model, name: str, error: ValidationError) -> str:
    """What a column says of a value, in the hub's own words where Django's say less."""
    facts: dict[str, Any] = error.params or {}
    if error.code == "invalid_choice":
        choices = ", ".join(str(key) for key, _label in _choices(row, name))
        return _("%(value)s is not one of %(choices)s.") % {
            "value": show_name(facts.get("value")),
            "choices": choices,
        }
    if error.code == "max_length":
        return _("It has %(count)d characters; at most %(most)d are taken.") % {
            "count": facts["show_value"],
            "most": facts["limit_value"],
        }
    if error.code in {"min_value", "max_value"}:
        sentence = _("Write %(limit)s or more; got %(value)s.")
        if error.code == "max_value":
            sentence = _("Write %(limit)s or less; got %(value)s.")
        return sentence % {"limit": facts["limit_value"], "value": facts["show_value"]}
    return str(error.messages[0])


def _choices(row: models.Model, name: str) -> Any:
    return getattr(row._meta.get_field(name), "choices", None) or ()


def _problems_of_constraints(row: models.Model, known: Problems) -> Problems:
    """What the constraints say, at the field that each is about.

    Those of fields in `known`, which are wrong already, are left out.
    """
    problems: Problems = {}
    # The stubs do not know that each of them can validate.
    constraints: list[Any] = [*row._meta.constraints]
    for constraint in constraints:
        try:
            constraint.validate(type(row), row, exclude=set(known))
        except ValidationError as exc:
            problems.setdefault(_FIELDS[constraint.name], exc.messages)
    return problems


_TIMING = {"cron", "every_s", "at", "timezone", "start", "end", "jitter_s"}
# Which field the sentence of a constraint stands at.
_FIELDS = {
    "tasks_task_timeout_positive": "timeout_s",
    "tasks_task_priority_range": "priority",
    "tasks_task_start_within_range": "start_within_s",
    "tasks_task_retries_range": "retries",
    "tasks_task_retry_wait_range": "retry_wait_s",
    "tasks_schedule_one_rule": "cron",
    "tasks_schedule_end_after_start": "end",
    "tasks_schedule_lateness_range": "max_lateness_s",
    "tasks_schedule_label_once_a_task": "label",
    "tasks_freeze_end_after_start": "end",
    "tasks_freeze_one_scope": "tag",
}


def _problems_of_queue(queue: str) -> Iterator[tuple[str, list[str]]]:
    if queue and not QUEUE_NAME.fullmatch(queue):
        sentence = _("Write up to 63 lower-case letters, digits, - and _.")
        yield "queue", [sentence]


def _problems_of_tag(word: str) -> Iterator[str]:
    if not 0 < len(word) <= MAX_TAG_CHARS:
        sentence = _("A tag is a word of 1 to %(most)s characters.")
        yield sentence % {"most": MAX_TAG_CHARS}
    elif any(c in TAG_COMMAS or category(c) in UNWRITABLE for c in word):
        sentence = _(
            "The tag %(tag)s holds a comma, a line break or another control "
            "character; a comma parts two tags."
        )
        yield sentence % {"tag": show_name(word)}


def _problems_of_parameters(
    task: Task, parameters: dict[str, Any], secrets: Tokens | None
) -> Problems:
    try:
        scripts.check_parameters(
            script=task.script, parameters=parameters, user=None, tokens=secrets
        )
    except InvalidInput as exc:
        return exc.fields or {"parameters": [exc.message]}
    return {}


def _problems_of_timing(
    schedule: Schedule, now: datetime, *, ahead: bool = True
) -> Problems:
    given = [schedule.cron or None, schedule.every_s, schedule.at]
    if sum(value is not None for value in given) != 1:
        sentence = _("Say when: either cron, every_s or at, and only one of them.")
        return {"cron": [sentence]}
    try:
        zone = parse_zone(schedule.timezone)
        rule = schedule.rule
        if isinstance(rule, Cron):
            schedule.cron = rule.expression
        check_jitter(schedule.jitter_s, rule)
        plan = Plan(rule=rule, zone=zone, start=schedule.start, end=schedule.end)
        if ahead and schedule.enabled:
            check_ahead(plan, now)
    except TimingError as exc:
        return {exc.field: [explain(exc)]}
    return {}


def _refuse(problems: Problems) -> None:
    told = {name: lines for name, lines in problems.items() if lines}
    for name, lines in told.items():
        raise InvalidInput(f"{name}: {lines[0]}", fields=told)
