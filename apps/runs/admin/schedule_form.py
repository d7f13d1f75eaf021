"""The form of a schedule: when a task runs, and with which parameters of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from apps.runs import services as runs
from apps.runs.admin.parameter_forms import ParametersMixin, checked_inputs
from apps.runs.admin.parameters import Values
from apps.runs.admin.planning_forms import EXAMPLE, CheckedForm, ZoneInput
from apps.runs.admin.simple_fields import (
    FIELDS,
    ONCE,
    SIMPLE,
    SimpleFields,
    shown_plan,
    written,
)
from apps.scripts.models import Script
from apps.scripts.secrecy import hidden
from apps.tasks import services
from apps.tasks.forms import ParametersField
from apps.tasks.models import Schedule, Task
from apps.tasks.moments import hub_zone, zone_of
from apps.tasks.sentences import explain
from apps.tasks.timing import TimingError, parse_every, parse_zone

TIMING = ("cron", "every_s", "at", "timezone", "start", "end", "jitter_s")
# Fields that say when, one way or another.
WHEN = (*TIMING, *FIELDS)


class ScheduleForm(ParametersMixin, SimpleFields, CheckedForm):
    """When a task runs; moments are in the schedule's own zone."""

    MOMENTS = ("at", "start", "end")

    # However long it is: reading it says more than how many characters there are.
    cron = forms.CharField(
        label=capfirst(gettext_lazy("cron")),
        required=False,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy(
            "Minute, hour, day of the month, month, day of the week, such as "
            "30 2 * * 1-5; or @daily and the like."
        ),
    )
    every_s = forms.CharField(
        label=capfirst(gettext_lazy("every so many seconds")),
        required=False,
        widget=AdminTextInputWidget(attrs={"inputmode": "numeric"}),
        help_text=gettext_lazy("Elapsed seconds, counted from the start."),
    )
    timezone = forms.CharField(
        label=capfirst(gettext_lazy("time zone")),
        widget=ZoneInput(attrs={"list": "zones"}),
        max_length=64,
        help_text=gettext_lazy(
            "Its name, such as Asia/Shanghai, Europe/London or UTC."
        ),
    )
    at = forms.CharField(
        label=capfirst(gettext_lazy("once at")),
        required=False,
        widget=AdminTextInputWidget(attrs={"placeholder": EXAMPLE}),
        help_text=gettext_lazy("A date and time in the time zone of the schedule."),
    )
    start = forms.CharField(
        label=capfirst(gettext_lazy("start")),
        required=False,
        widget=AdminTextInputWidget(attrs={"placeholder": EXAMPLE}),
        help_text=gettext_lazy("Nothing fires before. Empty: from now on."),
    )
    end = forms.CharField(
        label=capfirst(gettext_lazy("end")),
        required=False,
        widget=AdminTextInputWidget(attrs={"placeholder": EXAMPLE}),
        help_text=gettext_lazy("Nothing fires after. Empty: never."),
    )

    class Meta:
        model = Schedule
        fields = (
            "task",
            "label",
            "enabled",
            "parameters",
            *TIMING,
            "missed",
            "max_lateness_s",
            "overlap",
        )
        field_classes = {"parameters": ParametersField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        schedule = kwargs.get("instance") or Schedule(timezone=hub_zone().key)
        kwargs["initial"] = _initial_of(schedule) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        if schedule.pk is not None and "task" in self.fields:
            # Its ledger is part of the task's.
            self.fields["task"].disabled = True
        self._wrong_plan: dict[str, TimingError] = {}
        if self.is_bound:
            found, self._wrong_plan = written(self.data)
            self.data = self.data.copy()
            for name, text in found.items():
                self.data[name] = text

    # -- Parameters --------------------------------------------------------------
    def task(self) -> Task | None:
        """Return the task that is chosen, if one is."""
        if self.instance.pk is not None:
            return self.instance.task
        found: Task | None = self.chosen("task")
        return found

    def script(self) -> Script | None:
        task = self.task()
        return task.script if task else None

    def own_script(self) -> Script:
        return self.instance.task.script

    def beneath(self) -> Values:
        task = self.task()
        if task is None:
            return {}
        return hidden(task.script.parameters_schema, task.parameters)

    # -- When it fires -----------------------------------------------------------
    def saved_zone(self) -> ZoneInfo:
        return zone_of(self.instance)

    def zone(self) -> ZoneInfo:
        try:
            return parse_zone(self.cleaned_data.get("timezone", ""))
        except TimingError:
            return hub_zone()

    def clean_every_s(self) -> int | None:
        text = self.cleaned_data["every_s"]
        try:
            return parse_every(text) if text else None
        except TimingError as exc:
            raise forms.ValidationError(explain(exc)) from None

    def clean_jitter_s(self) -> int:
        return self.cleaned_data["jitter_s"] or 0

    @cached_property
    def changed_data(self) -> list[str]:
        """Return what was changed; how it is said is no part of it."""
        return [name for name in super().changed_data if name not in FIELDS]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name, problem in self._wrong_plan.items():
            self.add_error(name, explain(problem))
        self.refuse_files()
        return data

    def add_error(self, field: str | None, error: Any) -> None:
        """Say what is wrong with the rule where it was said."""
        if field in {"cron", "every_s"}:
            places = {SIMPLE: "simple_every", ONCE: "at"}
            field = places.get(self.data.get("kind", ""), field)
        super().add_error(field, error)

    def check(self) -> None:
        now = runs.database_now()
        if self.instance.task_id is None:
            # Its field says so; the timing can be checked all the same.
            services.check_timing(schedule=self.instance, now=now)
            return
        is_new = self.instance.pk is None
        changed = None if is_new else self.changed_data
        services.check_schedule(schedule=self.instance, now=now, changed=changed)
        if is_new or "parameters" in self.changed_data:
            checked_inputs(
                self,
                lambda: runs.check_schedule_inputs(
                    schedule=self.instance, user=self.user
                ),
            )

    def add_problems(self, fields: Mapping[str, list[str]]) -> None:
        of_parameters = {
            key: lines
            for key, lines in fields.items()
            if key.partition(".")[0] == "parameters"
        }
        if of_parameters:
            self.add_parameter_problems(of_parameters)
        unsaid = fields.keys() - of_parameters.keys()
        if self.errors.keys() & set(WHEN):
            # The rule is not what was meant, so nothing can be said about it.
            unsaid -= set(TIMING)
        super().add_problems({key: fields[key] for key in fields if key in unsaid})


def _initial_of(schedule: Schedule) -> dict[str, Any]:
    """Return what the fields show that are not the model's own, or show it otherwise."""
    shown = {"timezone": schedule.timezone, **shown_plan(schedule)}
    if schedule.every_s is not None:
        # As it is typed, or it would count as changed each time.
        shown["every_s"] = str(schedule.every_s)
    if schedule.pk is not None:
        schema = schedule.task.script.parameters_schema
        shown["parameters"] = hidden(schema, schedule.parameters)
    return shown
