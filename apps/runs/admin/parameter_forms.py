"""Forms and pages of definitions whose parameters are given by fields, or as JSON.

Whatever was typed into fields becomes the text that the JSON field would have before
the rest of the form looks at it; so both are checked and stored alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.runs.admin.choosing import show_offers
from apps.runs.admin.forms import RunForm
from apps.runs.admin.parameters import (
    AS,
    AS_JSON,
    FIELDS,
    NEXT,
    OF,
    Panel,
    Values,
    fields_panel,
    json_text,
    moved,
    read,
    read_json,
)
from apps.runs.admin.uploading import keep_files
from apps.scripts.models import Script

if TYPE_CHECKING:
    from apps.core.admin import HubAdmin as Base
else:
    Base = object

SHOW = "_show_fields"
# Buttons that show the form anew and save nothing.
LOOKS = {NEXT, SHOW, "_preview"}


class ParametersMixin(forms.ModelForm):
    """A form whose `panel` shows the parameters; None for who may only look."""

    # Set by the page: who fills it in, and what was wrong with files that were sent.
    user: User
    data: Any
    file_problems: Mapping[str, list[str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.panel: Panel | None = None
        if "parameters" in self.fields:
            self.panel = self._sent() if self.is_bound else self._opened()
            self.panel.is_schedule = self.beneath() is not None
            self.panel.may_list = self.user.has_perm("scripts.run_script")

    # -- What each definition says -----------------------------------------------
    def script(self) -> Script | None:
        """Return the script that is chosen, if one is."""
        raise NotImplementedError

    def own_script(self) -> Script:
        """Return the script of what is stored."""
        raise NotImplementedError

    def beneath(self) -> Values | None:
        """Return the values that hold where nothing is typed; None: there are none."""
        return None

    def chosen(self, name: str) -> Any:
        """Return the row that is chosen in a field, if the reader may choose it."""
        given = self.data.get(name) if self.is_bound else self.initial.get(name)
        try:
            return self.fields[name].clean(given)
        except forms.ValidationError:
            return None

    # -- The panel ---------------------------------------------------------------
    def _opened(self) -> Panel:
        """The panel of a page that is opened."""
        script, given = self.script(), self.initial.get("parameters") or {}
        values = given if isinstance(given, dict) else read_json(given)
        if script is None or values is None:
            return Panel(script, self["parameters"], is_json=values is None)
        return self._fields(script, values)

    def _sent(self) -> Panel:
        """The panel of what was sent, which becomes JSON for the rest of the form."""
        script, sent = self.script(), None
        values: dict[str, Any] | None
        if self.data.get(AS) == FIELDS:
            asked = self._asked() or script
            sent, values = self._read(asked, script)
            schema = asked.parameters_schema if asked else {}
            self._write(json_text(schema, values) if self.is_look else _plain(values))
        else:
            asked, values = script, read_json(self.data.get("parameters"))
        wanted = self.data.get(NEXT) or self.data.get(AS) or AS_JSON
        if wanted == AS_JSON or values is None or script is None:
            is_json = wanted == AS_JSON or values is None
            return Panel(script, self["parameters"], is_json=is_json)
        warnings: list[str] = []
        if asked != script:
            schema = script.parameters_schema
            values, warnings = moved(values, schema, self._stored(script))
        panel = self._fields(script, values, sent)
        panel.warnings += warnings
        return panel

    def _fields(
        self, script: Script, values: Values, sent: RunForm | None = None
    ) -> Panel:
        panel = fields_panel(
            script=script,
            bound=self["parameters"],
            values=values,
            stored=self._stored(script),
            beneath=self.beneath(),
            sent=sent,
        )
        if SHOW in self.data and self.user.has_perm("scripts.run_script"):
            assert panel.form is not None
            show_offers(panel.form, script, self.user)
        return panel

    def _read(
        self, asked: Script | None, script: Script | None
    ) -> tuple[RunForm | None, dict[str, Any]]:
        """Return the form that was sent, if it can be shown again, and what it says."""
        if asked is None:
            return None, {}
        schema = asked.parameters_schema
        is_same = asked == script
        beneath = self.beneath() if is_same else None
        form = RunForm(schema, self.data, draft=True, beneath=beneath)
        values = read(form, self.data, schema, self._stored(asked))
        form.add_problems(self.file_problems)
        return (form if is_same else None), values

    def _asked(self) -> Script | None:
        """Return the script whose fields the page had."""
        text = self.data.get(OF, "")
        if not (text.isascii() and text.isdecimal() and len(text) < 18):
            return None
        visible = Script.objects.visible_to(self.user)
        return visible.filter(pk=int(text)).first()

    def _stored(self, script: Script) -> Values:
        """Return what is stored for this script, with dots for secrets."""
        if self.instance.pk is None or self.own_script() != script:
            return {}
        found: Values = self.initial["parameters"]
        return found

    def _write(self, text: str) -> None:
        self.data = self.data.copy()
        self.data["parameters"] = text

    # -- What is checked ---------------------------------------------------------
    @property
    def is_look(self) -> bool:
        """Whether it was sent to be shown anew, not to be saved."""
        return bool(LOOKS & self.data.keys())

    def is_valid(self) -> bool:
        is_valid = super().is_valid()
        if not self.is_look:
            return is_valid
        # Whoever only looks need not have filled in everything.
        for name, found in list(self.errors.items()):
            if any(error.code == "required" for error in found.as_data()):
                del self.errors[name]
        return False

    def add_parameter_problems(self, fields: Mapping[str, list[str]]) -> None:
        """Show what is wrong with parameters where they were typed."""
        if self.is_look:
            return
        if self.panel is not None and self.panel.form is not None:
            self.panel.add_problems(fields)
            told = [_("Some parameters are not right yet.")]
        else:
            names = {k: k.removeprefix("parameters").lstrip(".") for k in fields}
            told = [
                f"{names[key]}: {line}" if names[key] else line
                for key, lines in fields.items()
                for line in lines
            ]
        if "parameters" not in self.errors:
            self.add_error("parameters", told)

    def refuse_files(self) -> None:
        """Say what was wrong with files that were sent."""
        if self.file_problems:
            self.add_parameter_problems(self.file_problems)


def _plain(values: Values) -> str:
    """JSON for the rest of the form alone; nobody is shown it."""
    return json.dumps(values, ensure_ascii=False)


class ParametersPage(Base):
    """What the admin of a definition adds: keeping files, and the panel alone."""

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        made: Any = super().get_form(request, obj, change, **kwargs)
        # It is a class of its own for each request.
        made.user = request.user
        made.file_problems = getattr(request, "file_problems", {})
        return made

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if self.has_add_permission(request) or self.has_change_permission(request):
            keep_sent_files(request)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def panel_answer(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Return the panel alone, for a page on which somebody chose another script,
        or to write JSON."""
        keep_sent_files(request)
        form_class = self.get_form(request, row, change=row is not None)
        form = form_class(request.POST, instance=row)
        form.is_valid()
        context = {"panel": form.panel, "form": form}
        return TemplateResponse(request, "admin/runs/parameters.html", context)


def keep_sent_files(request: HttpRequest) -> None:
    """Keep files that were chosen, and put their ids into what was sent.

    They are kept although the rest of the form may be wrong: no browser fills in the
    choice of a file again.
    """
    if request.method != "POST" or not request.FILES or request.POST.get(AS) != FIELDS:
        return
    text = request.POST.get(OF, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        return
    visible = Script.objects.visible_to(request.user)
    script = visible.filter(pk=int(text)).first()
    if script is None or not isinstance(request.user, User):
        return
    data, problems = keep_files(request, request.user, script.parameters_schema)
    # As Django itself does where it reads a request.
    request.POST = data  # type: ignore[assignment]
    request.file_problems = problems  # type: ignore[attr-defined]


def checked_inputs(form: ParametersMixin, check: Any) -> None:
    """Check files and choices, which the schema alone does not tell."""
    if "parameters" in form.errors:
        return
    try:
        check()
    except InvalidInput as exc:
        form.add_parameter_problems(exc.fields or {"parameters": [exc.message]})
