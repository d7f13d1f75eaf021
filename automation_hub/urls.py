"""All addresses: the console under /admin/, the API and its documents at the root."""

from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

ICON = RedirectView.as_view(url=static("hub/icon.svg"))

urlpatterns = [
    path("", include("automation_hub.api")),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("favicon.ico", ICON, name="icon"),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
]

handler400 = "apps.core.api.fallbacks.bad_request"
handler403 = "apps.core.api.fallbacks.forbidden"
handler404 = "apps.core.api.fallbacks.not_found"
handler500 = "apps.core.api.fallbacks.server_error"
