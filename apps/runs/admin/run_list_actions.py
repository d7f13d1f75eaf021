"""What is done to many runs of the list at once, or to one by a button in its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain, islice
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.runs import services
from apps.runs.admin.exporting import export
from apps.runs.admin.planning_forms import ReasonForm
from apps.runs.admin.run_list_filters import read_filters
from apps.runs.admin.runnable import to_run
from apps.runs.models import ACTIVE, Run, Trigger
from apps.runs.searching import rows_of
from apps.runs.sent_once import FIELD, once_for, token_of

# From more than so many on, it asks first; more than the other it never starts.
ASKS_FROM = 20
MOST_AGAIN = 200
MOST_REASONS = 3
# The button of one row: an action and the run's id, with a colon between.
ONLY = "only"


class RunActions(admin.ModelAdmin):
    """Adds the actions of the list to the admin of runs."""

    actions = ("cancel_selected", "run_again_selected", "export_selected")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.cancel_run")

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("scripts.run_script")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        _take_only(request)
        return super().changelist_view(request, extra_context)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Run]
    ) -> HttpResponse | None:
        """Do an action on the runs that were ticked, whatever became of them since;
        on all that match only where it is understood what is to match."""
        if not _is_all(request):
            queryset = self.get_queryset(request)
        elif read_filters(request).problems:
            sentence = _(
                "Nothing was done, since not all that the list is to be "
                "filtered by was understood. Take away what was not."
            )
            self.message_user(request, sentence, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)

    # -- Cancel --------------------------------------------------------------------
    @admin.action(
        description=gettext_lazy("Cancel selected runs"), permissions=["cancel"]
    )
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Run]) -> None:
        if _is_all(request):
            # What has ended is not read, and not counted: it may be a million.
            queryset = queryset.filter(status__in=ACTIVE)
        done = services.cancel_runs(runs=queryset)
        level = messages.WARNING if done.left or not done.asked else messages.INFO
        self.message_user(request, _cancelled_sentences(done), level)

    # -- Run again -----------------------------------------------------------------
    @admin.action(
        description=gettext_lazy("Run selected runs again"), permissions=["run"]
    )
    def run_again_selected(
        self, request: HttpRequest, queryset: QuerySet[Run]
    ) -> HttpResponseBase | None:
        runs = _runs(request, queryset)
        if len(runs) > MOST_AGAIN:
            sentence = _(
                "These are more than %(most)d runs, which is as many as are run "
                "again at once; nothing was started. Choose fewer."
            )
            self.message_user(request, sentence % {"most": MOST_AGAIN}, messages.ERROR)
            return None
        if len(runs) > ASKS_FROM and "confirmed" not in request.POST:
            return self._ask(request, runs)
        is_asked = "reason" in request.POST
        form = ReasonForm(request.POST if is_asked else None, label_suffix="")
        if is_asked and not form.is_valid():
            return self._ask_why(request, [run.pk for run in runs], form, "")
        reason = form.cleaned_data["reason"] if is_asked else ""
        done = services.run_all_again(
            runs=runs,
            user=request.user,
            trigger=Trigger.ADMIN,
            reason=reason,
            once=lambda run: once_for(request, "again", str(run.pk)),
        )
        self._tell(request, done)
        if done.frozen:
            form = ReasonForm(label_suffix="")
            return self._ask_why(request, done.frozen, form, done.window)
        found = [*done.started, *done.repeated]
        return to_run(found[0]) if found and request.POST.get(ONLY) else None

    def _ask(self, request: HttpRequest, runs: list[Run]) -> HttpResponse:
        """Show how many of which scripts there would be, and ask."""
        count = len(runs)
        title = ngettext("Run %d run again", "Run %d runs again", count) % count
        names = Counter(run.script_name for run in runs).most_common()
        about: dict[str, Any] = {
            "names": [f"{name} × {number}" for name, number in names]
        }
        ids = [run.pk for run in runs]
        about |= {"problem": "", "verb": title}
        return self._page(request, title, ids, forms.Form(), about)

    def _ask_why(
        self, request: HttpRequest, ids: Iterable[Any], form: ReasonForm, problem: str
    ) -> HttpResponse:
        """Ask why what a freeze window holds back has to run now."""
        found = list(ids)
        title = _("Run %(name)s") % {
            "name": ngettext("%d run", "%d runs", len(found)) % len(found)
        }
        about = {"problem": problem, "verb": _("Run all the same")}
        return self._page(request, title, found, form, about)

    def _page(
        self,
        request: HttpRequest,
        title: str,
        ids: Iterable[Any],
        form: forms.Form,
        about: dict[str, Any],
    ) -> HttpResponse:
        hidden = [("action", "run_again_selected"), ("confirmed", "1")]
        hidden.append((FIELD, token_of(request)))
        hidden += [(ACTION_CHECKBOX_NAME, str(pk)) for pk in ids]
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "form": form,
            "hidden": hidden,
            "media": self.media + form.media,
            "back": request.get_full_path(),
            **about,
        }
        return TemplateResponse(request, "admin/runs/asking.html", context)

    def _tell(self, request: HttpRequest, done: services.Again) -> None:
        count = len(done.started)
        if count == 1:
            link = format_html(
                '{} <a href="{}">{}</a>',
                _("Started 1 run:"),
                to_run(done.started[0]).url,
                str(done.started[0].pk)[-12:],
            )
            self.message_user(request, link)
        elif count:
            text = ngettext("Started %d run.", "Started %d runs.", count) % count
            self.message_user(request, text)
        if done.repeated:
            self.message_user(request, _repeated_sentence(done))
        if done.refused:
            self.message_user(request, _refused_sentences(done), messages.WARNING)

    # -- Export --------------------------------------------------------------------
    @admin.action(
        description=gettext_lazy("Export selected runs as CSV"), permissions=["view"]
    )
    def export_selected(
        self, request: HttpRequest, queryset: QuerySet[Run]
    ) -> HttpResponseBase:
        if _is_all(request):
            return export(read_filters(request).search.every())
        return export([list(rows_of(queryset.order_by("-pk")))])


def _is_all(request: HttpRequest) -> bool:
    """Whether all that match are meant, and not those that were ticked."""
    return request.POST.get("select_across", "").lower() not in {"", "0", "false"}


def _take_only(request: HttpRequest) -> None:
    """Have the button of one row stand for the action on it alone."""
    action, _colon, run_id = request.POST.get(ONLY, "").partition(":")
    if not action:
        return
    data = request.POST.copy()
    data.setlist("action", [action])
    data.setlist(ACTION_CHECKBOX_NAME, [run_id])
    data["index"] = data["select_across"] = "0"
    request.POST = data  # type: ignore[assignment]


def _runs(request: HttpRequest, queryset: QuerySet[Run]) -> list[Run]:
    """Return the runs that are meant, the oldest first; one more than can be run again
    where there are more."""
    if _is_all(request):
        found = chain.from_iterable(read_filters(request).search.every())
        newest = [row["id"] for row in islice(found, MOST_AGAIN + 1)]
        queryset = Run.objects.filter(pk__in=newest)
    runs = queryset.select_related("script", "task").order_by("pk")
    return list(runs[: MOST_AGAIN + 1])


def _repeated_sentence(done: services.Again) -> str:
    count = len(done.repeated)
    text = ngettext(
        "That form was sent twice; %d run that it had started was not started again.",
        "That form was sent twice; %d runs that it had started were not started again.",
        count,
    )
    return text % count


def _refused_sentences(done: services.Again) -> str:
    """Say how many were not started, and why: once for each script and kind."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for run, error in done.refused:
        kinds.setdefault((run.script_name, error.code), []).append(error.message)
    count = len(done.refused)
    told = ngettext("%d was not started.", "%d were not started.", count) % count
    parts = [
        f"{name} × {len(sentences)}: {sentences[0]}"
        for (name, _code), sentences in list(kinds.items())[:MOST_REASONS]
    ]
    return " ".join([told, *parts])


def _cancelled_sentences(done: services.Cancelled) -> str:
    parts = [
        ngettext("Asked %d run to stop.", "Asked %d runs to stop.", done.asked)
        % done.asked
    ]
    if done.ended:
        text = ngettext("%d had ended already.", "%d had ended already.", done.ended)
        parts.append(text % done.ended)
    if done.left:
        text = ngettext(
            "That was as many as are asked at once; %d more is active. Do it again "
            "for it.",
            "That was as many as are asked at once; %d more are active. Do it again "
            "for them.",
            done.left,
        )
        parts.append(text % done.left)
    return " ".join(parts)
