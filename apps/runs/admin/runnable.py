"""Whether a script can be run by whoever reads a page, and where its run is shown."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse

from apps.runs.models import Run
from apps.scripts import services as scripts
from apps.scripts.models import Script


def why_not(script: Script) -> str:
    """Return why a script cannot be run, as a sentence; empty when it can."""
    try:
        scripts.check_runnable(script=script)
    except scripts.ScriptNotRunnable as exc:
        return exc.message
    return ""


def may_run(request: HttpRequest, script: Script) -> bool:
    """Whether a link or button that runs the script leads anywhere for this reader."""
    return request.user.has_perm("scripts.run_script") and not why_not(script)


def to_run(run: Run) -> HttpResponseRedirect:
    """Show a run that was just started."""
    return HttpResponseRedirect(reverse("admin:runs_run_change", args=[run.pk]))
