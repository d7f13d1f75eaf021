"""Bases for admin classes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ERROR_FLAG
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


class HubAdmin(admin.ModelAdmin):
    """The base of all admin classes: no address that can be typed breaks a list."""

    show_full_result_count = False

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


class ReadOnlyAdmin(HubAdmin):
    """A window on rows that only the hub itself writes."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
