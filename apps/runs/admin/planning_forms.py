"""The forms of schedules, pauses and freeze windows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from django.forms.models import construct_instance
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import InvalidInput
from apps.runs import services as runs
from apps.tasks import services
from apps.tasks.models import FreezeWindow
from apps.tasks.moments import hub_zone, moment_text
from apps.tasks.sentences import explain
from apps.tasks.timing import (
    TimingError,
    parse_moment,
    zone_names,
)

EXAMPLE = "2026-03-08 02:30"


class ZoneInput(AdminTextInputWidget):
    """A text field that knows the names of all time zones."""

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        field = super().render(name, value, *args, **kwargs)
        options = format_html_join(
            "", '<option value="{}">', ((zone,) for zone in _zones())
        )
        return field + format_html('<datalist id="zones">{}</datalist>', options)


class MomentsForm(forms.Form):
    """Reads dates and times that are typed, in a zone that the form knows."""

    MOMENTS: tuple[str, ...] = ()

    def zone(self) -> ZoneInfo:
        """The zone of what is typed; the hub's own unless a form has another."""
        return hub_zone()

    def read_moments(self) -> None:
        """Put a moment, or None, in the place of each text."""
        zone = self.zone()
        for name in self.MOMENTS:
            text = self.cleaned_data.get(name)
            if not isinstance(text, str):
                continue
            self.cleaned_data[name] = None
            try:
                if text:
                    self.cleaned_data[name] = parse_moment(text, zone, field=name)
            except TimingError as exc:
                self.add_error(name, explain(exc))


class CheckedForm(MomentsForm, forms.ModelForm):
    """A model's form whose mistakes are told by the same code as the API's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.saved_zone()
        for name in self.MOMENTS:
            if moment := getattr(self.instance, name):
                self.initial[name] = moment_text(moment, zone)

    def saved_zone(self) -> ZoneInfo:
        """The zone in which moments that are stored are shown."""
        return hub_zone()

    def check(self) -> None:
        """Raise InvalidInput for what is wrong with the instance."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.read_moments()
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Fill the instance and check it; Django's own check comes with that."""
        fields = self._meta.fields
        self.instance = construct_instance(self, self.instance, fields)
        try:
            self.check()
        except InvalidInput as exc:
            self.add_problems(exc.fields or {"": [exc.message]})

    def add_problems(self, fields: Mapping[str, list[str]]) -> None:
        """Show sentences at their fields; one that cannot be read has its own."""
        for key, lines in fields.items():
            name, _dot, part = key.partition(".")
            if name in self.errors:
                continue
            texts = [f"{part}: {line}" if part else line for line in lines]
            self.add_error(name if name in self.fields else None, texts)


class FreezeForm(CheckedForm):
    """From when to when nothing is started, in the hub's zone."""

    MOMENTS = ("start", "end")

    start = forms.CharField(
        label=capfirst(gettext_lazy("start")),
        widget=AdminTextInputWidget(attrs={"placeholder": EXAMPLE}),
    )
    end = forms.CharField(
        label=capfirst(gettext_lazy("end")),
        widget=AdminTextInputWidget(attrs={"placeholder": EXAMPLE}),
    )

    class Meta:
        model = FreezeWindow
        fields = ("reason", "start", "end", "task", "tag")
        help_texts = {
            "tag": gettext_lazy("All tasks that bear it. Empty: as the task says.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.MOMENTS) & self.fields.keys():
            self.fields[name].help_text = _in_zone(hub_zone())

    def check(self) -> None:
        services.check_freeze(window=self.instance)


class PauseForm(MomentsForm):
    """Until when, and why."""

    MOMENTS = ("until",)

    until = forms.CharField(
        label=capfirst(gettext_lazy("until")),
        required=False,
        widget=AdminTextInputWidget(attrs={"placeholder": EXAMPLE}),
    )
    reason = forms.CharField(
        label=capfirst(gettext_lazy("reason")),
        required=False,
        max_length=200,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy("It stands in the ledger beside each fire."),
    )

    def __init__(self, data: Any, zone: ZoneInfo) -> None:
        super().__init__(data, label_suffix="")
        self._zone = zone
        empty = _("Empty: until somebody resumes it.")
        self.fields["until"].help_text = f"{_in_zone(zone)} {empty}"

    def zone(self) -> ZoneInfo:
        return self._zone

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.read_moments()
        until = self.cleaned_data.get("until")
        try:
            services.check_pause(until=until, zone=self._zone, now=runs.database_now())
        except InvalidInput as exc:
            self.add_error("until", exc.fields["until"])
        return self.cleaned_data


class ReasonForm(forms.Form):
    """Why a task has to run now."""

    reason = forms.CharField(
        label=capfirst(gettext_lazy("reason")),
        max_length=200,
        widget=AdminTextInputWidget,
        help_text=gettext_lazy("It is kept with the run."),
    )


def _in_zone(zone: ZoneInfo) -> str:
    return _("In the time zone %(zone)s.") % {"zone": zone.key}


@cache
def _zones() -> list[str]:
    return sorted(zone_names())
