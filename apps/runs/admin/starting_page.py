"""The page of a script's run form: filling in, looking at the command lines, running."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from apps.core.errors import HubError, InvalidInput
from apps.runs import equivalents, services
from apps.runs.admin.beside import last_runs, presets, tasks
from apps.runs.admin.choosing import listers, offer, show_offers
from apps.runs.admin.filling import PRESET, Filling, fill
from apps.runs.admin.forms import PREFIX, RunForm
from apps.runs.admin.runnable import to_run, why_not
from apps.runs.admin.uploading import keep_files, name_files, upload_names
from apps.runs.models import Preset, Run, Trigger
from apps.runs.sent_once import sent_twice, start_once
from apps.scripts.models import Script
from apps.scripts.secrecy import HIDDEN

# Buttons of the form; without any it is run.
RUN, DRY_RUN, PREVIEW, SAVE = "_run", "_dry_run", "_preview", "_save_preset"
SCHEDULE = "_schedule"
# What the page of a new task is told: its schedule comes next.
THEN = {"then": "schedule"}


class RunPage:
    """One request for the run form of a script that the reader may run."""

    def __init__(self, page: ModelAdmin, request: HttpRequest, script: Script) -> None:
        self._page = page
        self._request = request
        # The console is for those who are signed in.
        self._user = cast(User, request.user)
        self._script = script
        self._schema = script.parameters_schema
        self._data: MultiValueDict[str, Any] = request.POST
        # What is wrong beside the form's own fields.
        self._problems: dict[str, str] = {}

    def answer(self) -> HttpResponse:
        """Show the form, or do what its button says."""
        if self._request.method != "POST":
            return self._show_filled()
        if SCHEDULE in self._request.POST:
            return self._schedule()
        if self._is_saving():
            return self._save()
        self._data, problems = keep_files(self._request, self._user, self._schema)
        return (
            self._preview(problems)
            if PREVIEW in self._request.POST
            else self._run(problems)
        )

    def _preview(self, problems: Mapping[str, list[str]]) -> HttpResponse:
        form = RunForm(self._schema, self._data, draft=True)
        form.is_valid()
        form.add_problems(problems)
        show_offers(form, self._script, self._user)
        return self._show(form)

    def _is_saving(self) -> bool:
        post = self._request.POST
        # Enter in the field of the name presses no button that has one.
        is_entered = bool(post.get("preset_name")) and not {RUN, DRY_RUN} & post.keys()
        return SAVE in post or is_entered

    def commands(self) -> HttpResponse:
        """The command lines alone, for a form that is being filled in."""
        context = self._commands()
        name = "admin/runs/script/commands.html"
        return TemplateResponse(self._request, name, context)

    def choices(self) -> HttpResponse:
        """What may be chosen for one parameter, for a form that is being filled in."""
        post, draft = self._request.POST, self._draft
        name = post.get("choices_of", "")
        if name not in listers(self._schema):
            raise Http404
        draft.is_valid()
        found = offer(
            script=self._script,
            name=name,
            values=draft.parameters,
            user=self._user,
            refresh="refresh" in post,
        )
        return JsonResponse(found.body())

    @cached_property
    def _draft(self) -> RunForm:
        return RunForm(self._schema, self._data, draft=True)

    def _show_filled(self) -> HttpResponse:
        filling = fill(self._request, self._script)
        self._data = filling.data
        return self._show(self._draft, filling)

    # -- Running -----------------------------------------------------------------
    def _run(self, problems: Mapping[str, list[str]]) -> HttpResponse:
        form = RunForm(self._schema, self._data)
        form.is_valid()
        form.add_problems(problems)
        dry = self._script.dry_run if DRY_RUN in self._request.POST else ""
        if form.is_valid() and self._is_confirmed(dry):
            parameters = form.parameters | ({dry: True} if dry else {})
            try:
                return self._start(parameters)
            except InvalidInput as exc:
                form.add_problems(exc.fields or {"": [exc.message]})
            except HubError as exc:
                form.add_error(None, exc.message)
        return self._show(form)

    def _is_confirmed(self, dry: str) -> bool:
        """Whether the script's question was answered; a dry run needs no answer."""
        if dry or not self._script.confirm or "confirmed" in self._request.POST:
            return True
        self._problems["confirmed"] = _("Tick this to run the script.")
        return False

    def _start(self, parameters: Mapping[str, Any]) -> HttpResponse:
        def start(once: services.Once | None) -> Run:
            return services.start_run(
                script=self._script,
                parameters=parameters,
                user=self._user,
                trigger=Trigger.ADMIN,
                once=once,
            )

        what = self._sent(parameters)
        run, is_new = start_once(self._request, start, *what)
        if not is_new:
            self._tell(sent_twice())
        return to_run(run)

    def _sent(self, parameters: Mapping[str, Any]) -> list[Any]:
        """What tells a form that is sent twice from one that somebody went back to and
        changed, which starts another run."""
        # A file that is sent twice is kept twice, under another id each time.
        chosen = [
            [name, file.name, file.size]
            for name, files in self._request.FILES.lists()
            for file in files
        ]
        sent = {f"{PREFIX}{name}": value for name, value in parameters.items()}
        rest = {n: value for n, value in sent.items() if n not in self._request.FILES}
        return [self._script.pk, rest, chosen]

    # -- Scheduling --------------------------------------------------------------
    def _schedule(self) -> HttpResponse:
        """Go on to a new task with what is filled in, whose schedule comes next."""
        if not self._may_schedule:
            raise PermissionDenied
        form = self._draft
        if not form.is_valid():
            return self._show(form)
        address = self._task_link(form.parameters)
        if address is None:
            form.add_error(None, _("There is more here than a link can hold."))
            return self._show(form)
        name = self._script.title or self._script.name
        return HttpResponseRedirect(f"{address}&{urlencode({'name': name} | THEN)}")

    @property
    def _may_schedule(self) -> bool:
        return self._user.has_perms(("tasks.add_task", "tasks.add_schedule"))

    def _task_link(self, values: Mapping[str, Any]) -> str | None:
        return equivalents.task_link(
            reverse("admin:tasks_task_add"), self._script.pk, self._schema, values
        )

    # -- Presets -----------------------------------------------------------------
    def _save(self) -> HttpResponse:
        form, post = self._draft, self._request.POST
        if form.is_valid():
            try:
                return self._saved(post.get("preset_name", ""), "shared" in post)
            except InvalidInput as exc:
                named = exc.fields.pop("preset_name", None)
                self._problems["preset_name"] = " ".join(named or [])
                form.add_problems(exc.fields)
        return self._show(form)

    def _saved(self, name: str, shared: bool) -> HttpResponse:
        preset, is_new = services.save_preset(
            script=self._script,
            owner=self._user,
            name=name,
            parameters=self._draft.parameters,
            shared=shared,
        )
        if is_new:
            self._tell(_("The preset %(name)s was saved.") % {"name": preset.name})
        else:
            self._tell(_("The preset %(name)s was replaced.") % {"name": preset.name})
        return HttpResponseRedirect(f"{self.address}?{PRESET}={preset.pk}")

    def delete_preset(self, preset_id: int) -> HttpResponse:
        """Delete a preset, and show the form without it."""
        visible = Preset.objects.visible_to(self._user)
        preset = visible.filter(script=self._script, pk=preset_id).first()
        if preset is None:
            self._tell(_("That preset was deleted already."))
            return HttpResponseRedirect(self.address)
        try:
            services.delete_preset(preset=preset, user=self._user)
        except HubError as exc:
            self._tell(exc.message, messages.ERROR)
        else:
            self._tell(_("The preset %(name)s was deleted.") % {"name": preset.name})
        return HttpResponseRedirect(self.address)

    def _tell(self, sentence: str, level: int = messages.INFO) -> None:
        self._page.message_user(self._request, sentence, level)

    # -- What is shown -----------------------------------------------------------
    @property
    def address(self) -> str:
        """The address of the form, without what fills it in."""
        return reverse("admin:runs_script_run", args=[self._script.pk])

    def _show(self, form: RunForm, filling: Filling | None = None) -> HttpResponse:
        """Render the page. `form` is asked first: what is wrong stands at its fields."""
        wrong = [] if form.is_valid() else [one for one in form if one.errors]
        if wrong:
            wrong[0].field.widget.attrs["autofocus"] = True
        name_files(form)
        post = self._request.POST
        context = {
            **self._page.admin_site.each_context(self._request),
            **self._commands(),
            # A secret that somebody put into the address is not repeated in the page.
            "language_next": self._request.path,
            "title": _("Run %(name)s") % {"name": self._script.name},
            "opts": self._page.opts,
            "script": self._script,
            "problem": why_not(self._script),
            "form": form,
            "wrong": wrong,
            "filling": filling,
            "problems": self._problems,
            "confirmed": "confirmed" in post,
            "preset_name": post.get("preset_name", ""),
            "preset_shared": "shared" in post,
            "confirm": self._script.confirm,
            "dry_run": self._script.dry_run,
            "last_runs": last_runs(self._request, self._script),
            "presets": presets(self._request, self._script),
            "tasks": tasks(self._request, self._script),
            "may_schedule": self._may_schedule,
            "media": self._page.media,
        }
        name = "admin/runs/script/run.html"
        return TemplateResponse(self._request, name, context)

    def _commands(self) -> dict[str, Any]:
        """The same run in other words, as far as the form is filled in."""
        draft = self._draft
        if not draft.is_valid():
            return {"lines": None}
        name, values = self._script.name, draft.parameters
        files = upload_names(equivalents.file_ids(self._schema, values))
        link = equivalents.link(self._absolute(self.address), self._schema, values)
        curl = equivalents.curl_line(
            self._absolute("/runs/runs"), name, self._schema, values
        )
        return {
            "lines": [
                _line(
                    "argv",
                    equivalents.command_line(name, self._schema, values, files),
                ),
                _line("curl", curl),
                _line("manage", equivalents.manage_line(name, self._schema, values)),
            ],
            "link": link,
            "task_link": self._task_link(values),
            "lacking": ", ".join(draft.lacking),
            "has_secrets": HIDDEN in curl,
            "has_files": bool(equivalents.file_ids(self._schema, values)),
        }

    def _absolute(self, path: str) -> str:
        base: Callable[[str], str] = self._request.build_absolute_uri
        return (
            settings.PUBLIC_URL.rstrip("/") + path
            if settings.PUBLIC_URL
            else base(path)
        )


def _line(kind: str, text: str | None) -> dict[str, str | None]:
    titles = {
        "argv": _("What is run"),
        "curl": _("Over the API"),
        "manage": _("On the hub's host"),
    }
    return {"id": f"line-{kind}", "title": titles[kind], "text": text}
