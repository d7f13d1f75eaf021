"""The console: Django's admin as this product shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, re_path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.system.home import pages

PRODUCT = "automation-hub"
STARRED = r"favourites/(?P<kind>script|task)/(?P<pk>[0-9]{1,19})"
# Which pages stand together in the navigation, in the order in which they are needed;
# what is in none of them follows under the name of its app.
SECTIONS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("Operations"), ("runs.run", "runs.ledger", "runs.worker", "runs.outboxmessage")),
    (
        _("Definitions"),
        (
            "scripts.script",
            "tasks.task",
            "tasks.schedule",
            "tasks.concurrencygroup",
            "tasks.freezewindow",
        ),
    ),
    (_("Access"), ("auth.user", "auth.group", "accounts.token")),
)


class SignInForm(AdminAuthenticationForm):
    """Asks for a name and a password, and says no in our own words."""

    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _(
            "Name and password do not belong together, or the account may not open the "
            "console."
        ),
    }


class Console(AdminSite):
    """The site under /admin/."""

    site_title = site_header = PRODUCT
    login_form = SignInForm
    index_title = _("Home")
    site_url = None

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """The home page."""
        context = pages.home_context(request)
        return super().index(request, context | (extra_context or {}))

    def app_index(
        self,
        request: HttpRequest,
        app_label: str,
        extra_context: dict[str, Any] | None = None,
    ) -> TemplateResponse:
        """The pages of one app, under its name alone."""
        found = apps.app_configs.get(app_label)
        context = {"title": found.verbose_name} if found else {}
        return super().app_index(request, app_label, context | (extra_context or {}))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        def post(view: Any) -> Any:
            return require_POST(self.admin_view(view))

        return [
            path("home/live/", self.admin_view(pages.live_view), name="hub_live"),
            re_path(
                rf"^{STARRED}/$",
                post(pages.star_view),
                {"wanted": True},
                name="hub_favourite",
            ),
            re_path(
                rf"^{STARRED}/off/$",
                post(pages.star_view),
                {"wanted": False},
                name="hub_no_favourite",
            ),
            path(
                "favourites/script/<int:pk>/run/",
                post(pages.run_view),
                name="hub_run_script",
            ),
            *super().get_urls(),
        ]

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the navigation: sections by use, not by the app that holds a table.

        The page of one app, which Django links from nowhere in here, stays its own.
        """
        by_app = super().get_app_list(request, app_label)
        if app_label is not None:
            return by_app
        pages = {
            f"{app['app_label']}.{page['object_name'].lower()}": page
            for app in by_app
            for page in app["models"]
        }
        if request.user.has_perm("tasks.view_task"):
            pages["runs.ledger"] = _ledger()
        _mark_current(request.path, pages.values())
        sections = [
            _section(title, [pages.pop(name) for name in names if name in pages])
            for title, names in SECTIONS
        ]
        left = list(pages.values())
        rest = [
            _section(app["name"], [page for page in app["models"] if page in left])
            for app in by_app
        ]
        return [section for section in [*sections, *rest] if section["models"]]


def _ledger() -> dict[str, Any]:
    """Return the page of the ledger of all tasks, as the navigation knows pages."""
    return {
        "name": _("Ledger"),
        "object_name": "Ledger",
        "admin_url": reverse("admin:runs_ledger"),
        "view_only": True,
    }


def _mark_current(path: str, pages: Iterable[dict[str, Any]]) -> None:
    """Mark the page that the reader is on: the one whose address is the longest."""
    around = [page for page in pages if path.startswith(page["admin_url"] or "\0")]
    if around:
        max(around, key=lambda page: len(page["admin_url"]))["is_current"] = True


def _section(title: str | Promise, pages: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the navigation's template wants to know of a section."""
    return {"name": title, "app_label": "hub", "models": pages}
