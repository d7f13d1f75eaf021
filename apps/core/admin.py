"""Bases for admin classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth.models import User
from django.core.exceptions import (
    FieldDoesNotExist,
    PermissionDenied,
    ValidationError,
)
from django.db import DataError, transaction
from django.db.models import DateTimeField, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.added_once import added_before, mark_of, note
from apps.core.deleting import without_notes
from apps.core.errors import HubError
from apps.core.settling import settling
from apps.core.templatetags.hub import moment

ListColumn = str | Callable[..., Any]


@cache
def moment_column(field: DateTimeField) -> Callable[[Model], str]:
    """Return the column of a list that shows a moment, with UTC on hover.

    The same one each time: the admin finds a column that is a link by comparing.
    """

    @admin.display(description=field.verbose_name, ordering=field.name)
    def column(row: Model) -> str:
        return moment(getattr(row, field.name), "minute")

    # What the style sheet of lists calls the column.
    column.__name__ = field.name
    return column


class HubAdmin(admin.ModelAdmin):
    """The base of all admin classes: no address that can be typed breaks a list.

    Lists and pages show moments in the reader's zone, and a list that has nothing to
    show says what to do next.
    """

    show_full_result_count = False
    when_empty: str | Promise = gettext_lazy("There is nothing here yet.")
    # Follows for those who may add something.
    then_add: str | Promise = ""

    def nothing_yet(self, request: HttpRequest) -> str | Promise:
        """Return what stands in the place of a list without rows, to this reader."""
        if not self.then_add or not self.has_add_permission(request):
            return self.when_empty
        # Translators: Two whole sentences; Chinese has no space between them.
        text = _("%(sentence)s %(next)s")
        return text % {"sentence": self.when_empty, "next": self.then_add}

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown: Any = super().get_changelist_instance(request)
        for attribute in ("list_display", "list_display_links", "sortable_by"):
            if names := getattr(shown, attribute):
                setattr(shown, attribute, [self._shown_column(n) for n in names])
        shown.nothing_yet = self.nothing_yet(request)
        # There is nothing to search, filter or select.
        shown.is_bare = _is_bare(shown)
        shown.title = capfirst(self.opts.verbose_name_plural)
        return shown

    def _shown_column(self, name: Any) -> ListColumn:
        """Return the column of a name in `list_display`; a moment's is our own."""
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            field = None
        column: ListColumn = name
        return moment_column(field) if isinstance(field, DateTimeField) else column

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Answer a filter that no database can look up as Django answers a wrong one:
        by going to the whole list."""
        if request.method not in {"GET", "HEAD"} or not set(request.GET) - {ERROR_FLAG}:
            return super().changelist_view(request, extra_context)
        try:
            # The rows are fetched in here, before the page is written.
            return super().changelist_view(request, extra_context)
        except (OverflowError, ValueError, DataError):
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tell of a clash with somebody else's change since the form was checked.

        What was typed is checked once more first, now that the change is there to see.
        """
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        for _time in range(2):
            try:
                with settling():
                    return self._saved(request, object_id, form_url, extra_context)
            except HubError as exc:
                problem = exc.message
        self.message_user(request, problem, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def _saved(self, request: HttpRequest, object_id: str | None, *more: Any) -> Any:
        """Save what was sent; what a form adds, it adds once."""
        mark = mark_of(request) if object_id is None else ""
        if not mark:
            return super().changeform_view(request, object_id, *more)
        with transaction.atomic():
            # As the page asks too; nobody else is told what there is.
            if not self.has_add_permission(request):
                raise PermissionDenied
            made = added_before(
                user=cast(User, request.user), model=self.model, mark=mark
            )
            if made is None:
                return super().changeform_view(request, object_id, *more)
        return self._added_already(request, made)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        message: list[dict[str, Any]] = super().construct_change_message(
            request, form, formsets, add
        )
        if add and (mark := mark_of(request)):
            message.append(note(mark))
        return message

    def _added_already(self, request: HttpRequest, made: str) -> HttpResponse:
        """Lead to where the form led that came before."""
        row = self.get_object(request, made)
        if row is None:
            self.message_user(
                request,
                _("That form was sent before; what it added is not there any more."),
                messages.WARNING,
            )
            opts = self.opts
            url = f"admin:{opts.app_label}_{opts.model_name}_changelist"
            return HttpResponseRedirect(reverse(url))
        answer = self.response_add(request, row)
        self.message_user(request, self.added_once_text())
        return answer

    def added_once_text(self) -> str:
        """Say that a form which was sent twice added nothing new."""
        return _("That form was sent twice, and saved once.")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what goes too, as far as it has a name."""
        found, counts, needed, kept = super().get_deleted_objects(objs, request)
        return *without_notes(found, counts), needed, kept

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Do an action on what was selected, unless its ids cannot be ids."""
        key = self.model._meta.pk
        try:
            for text in request.POST.getlist(ACTION_CHECKBOX_NAME):
                key.run_validators(key.to_python(text))
        except ValidationError:
            self.message_user(
                request,
                _("What was selected is not in this list; select it again."),
                messages.ERROR,
            )
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, queryset)


def _is_bare(shown: Any) -> bool:
    """Whether a list has no rows, and not because it was searched or filtered."""
    is_whole = not shown.query and not getattr(shown, "has_active_filters", False)
    return is_whole and not shown.result_count


class ReadOnlyAdmin(HubAdmin):
    """A window on rows that only the hub itself writes."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the row, without a history: nobody changes it."""
        context = {"is_window": True} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
