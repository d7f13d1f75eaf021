"""All addresses: the console under /admin/, the API and its documents at the root."""

from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

admin.site.site_title = admin.site.site_header = "automation-hub"
admin.site.index_title = _("Console")
admin.site.site_url = None

ICON = RedirectView.as_view(url=static("hub/icon.svg"))

urlpatterns = [
    path("", include("automation_hub.api")),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("favicon.ico", ICON, name="icon"),
    path("admin/", admin.site.urls),
]

handler400 = "apps.core.api.fallbacks.bad_request"
handler403 = "apps.core.api.fallbacks.forbidden"
handler404 = "apps.core.api.fallbacks.not_found"
handler500 = "apps.core.api.fallbacks.server_error"
