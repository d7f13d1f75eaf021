"""The home page, the part of it that is live, and the star's and its button's views."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.core.errors import HubError
from apps.runs import services
from apps.runs.models import Trigger
from apps.runs.sent_once import sent_twice, start_once
from apps.scripts.models import Script, ScriptState
from apps.system.home.coming import coming
from apps.system.home.going import running, waiting, workers
from apps.system.home.marks import marks
from apps.system.home.pictures import picture, words
from apps.system.home.reader import Reader
from apps.system.home.starred import needs_nothing, starred
from apps.system.home.troubles import failures, missed, window_words
from apps.tasks.favourites import set_favourite
from apps.tasks.models import Task

PERIODS = {"24h": 1, "7d": 7}
LARGEST_ID = 2**63 - 1


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the whole page shows: to whoever may see each part."""
    reader = Reader.of(request.user)
    period = request.GET.get("period", "")
    days = PERIODS.get(period, 1)
    return {
        **_live_context(reader),
        **_picture_context(reader, days),
        "coming": coming(reader) if reader.may("tasks.view_schedule") else None,
        "starred": starred(reader),
        "has_scripts": _has_scripts(reader),
        "period": period if period in PERIODS else "24h",
        "periods": [(name, window_words(d)) for name, d in PERIODS.items()],
    }


def live_view(request: HttpRequest) -> HttpResponse:
    """The part that home.js asks for every few seconds."""
    context = _live_context(Reader.of(request.user))
    answer = render(request, "admin/home/live.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _live_context(reader: Reader) -> dict[str, Any]:
    may_see = reader.may("runs.view_run")
    return {
        "now": reader.now,
        "running": running(reader) if may_see else None,
        "waiting": waiting(reader) if may_see else None,
        "failures": failures(reader) if may_see else None,
        "missed": missed(reader) if reader.may("tasks.view_schedule") else None,
        "workers": workers(reader) if reader.may("runs.view_worker") else None,
        "may_cancel": reader.may("runs.cancel_run"),
    }


def _picture_context(reader: Reader, days: int) -> dict[str, Any]:
    if not reader.may("runs.view_run"):
        return {"picture": None}
    found = marks(reader, days)
    if not found.marks:
        return {"picture": "", "picture_words": ""}
    return {"picture": picture(found, days), "picture_words": words(found)}


def _has_scripts(reader: Reader) -> bool:
    there = Script.objects.exclude(state=ScriptState.MISSING)
    return bool(reader.within(there, "pk").exists())


def star_view(
    request: HttpRequest, kind: str, pk: str, *, wanted: bool
) -> HttpResponse:
    """The star, given or taken away."""
    what = _find(request, kind, int(pk))
    # The console is for people who are signed in.
    assert isinstance(request.user, User)
    if set_favourite(user=request.user, what=what, wanted=wanted):
        sentence = _("%(name)s is a favourite now; it stands on the home page.")
    else:
        sentence = _("%(name)s is no longer a favourite.")
    messages.success(request, sentence % {"name": what})
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return HttpResponseRedirect(back if is_ours else _page_of(what))


def run_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The button that runs a script which needs no parameters."""
    if not request.user.has_perm("scripts.run_script"):
        raise PermissionDenied
    script = _find(request, "script", pk)
    assert isinstance(script, Script)
    form = reverse("admin:runs_script_run", args=[script.pk])
    if not needs_nothing(script):
        # Its file may have changed since the page was shown.
        return HttpResponseRedirect(form)
    try:
        run, is_new = start_once(
            request,
            lambda once: services.start_run(
                script=script,
                parameters={},
                user=request.user,
                trigger=Trigger.ADMIN,
                once=once,
            ),
            script.pk,
        )
    except HubError as exc:
        messages.error(request, exc.message)
        return HttpResponseRedirect(form)
    if not is_new:
        messages.info(request, sent_twice())
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[run.pk]))


def _find(request: HttpRequest, kind: str, pk: int) -> Script | Task:
    """Return what has the star, if the reader may see it."""
    permission = "scripts.view_script" if kind == "script" else "tasks.view_task"
    if not request.user.has_perm(permission):
        raise PermissionDenied
    scripts = Script.objects.visible_to(request.user)
    found: Script | Task | None = None
    if pk <= LARGEST_ID:
        tasks = Task.objects.filter(script__in=scripts.values("pk"))
        rows: Any = scripts if kind == "script" else tasks
        found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _page_of(what: Script | Task) -> str:
    name = "scripts_script" if isinstance(what, Script) else "tasks_task"
    return reverse(f"admin:{name}_change", args=[what.pk])
