"""Starting a run from a button; within a freeze window it asks why first."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from apps.core.errors import HubError
from apps.runs import services
from apps.runs.admin.planning_forms import ReasonForm
from apps.runs.admin.runnable import to_run
from apps.runs.models import Run
from apps.runs.sent_once import FIELD, sent_twice, start_once, token_of


def start_or_ask(
    page: ModelAdmin,
    request: HttpRequest,
    start: Callable[[str, services.Once | None], Run],
    *,
    name: str,
    back: str,
) -> HttpResponse:
    """Call `start` with the reason that was given, "" before one was asked for, and
    what keeps the form from starting a second run when it is sent twice.

    Shows the run, the form for a reason where it raises Frozen, or what else was wrong
    on the page `back`. `name` is what is run.
    """
    asked = "reason" in request.POST
    form = ReasonForm(request.POST if asked else None, label_suffix="")
    problem = ""
    if not asked or form.is_valid():
        reason = form.cleaned_data["reason"] if asked else ""
        try:
            run, is_new = start_once(
                request, lambda once: start(reason, once), request.path
            )
        except services.Frozen as exc:
            problem = exc.message
        except HubError as exc:
            page.message_user(request, exc.message, messages.ERROR)
            return HttpResponseRedirect(back)
        else:
            if not is_new:
                page.message_user(request, sent_twice())
            return to_run(run)
    context = {
        **page.admin_site.each_context(request),
        "title": _("Run %(name)s") % {"name": name},
        "opts": page.opts,
        "form": form,
        "hidden": [(FIELD, token_of(request))],
        "media": page.media + form.media,
        "problem": problem,
        "verb": _("Run all the same"),
        "back": back,
    }
    return TemplateResponse(request, "admin/runs/asking.html", context)
