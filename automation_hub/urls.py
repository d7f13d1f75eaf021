"""All addresses: the console under /admin/, the API and its documents at the root."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("", include("automation_hub.api")),
]

handler400 = "apps.core.api.fallbacks.bad_request"
handler403 = "apps.core.api.fallbacks.forbidden"
handler404 = "apps.core.api.fallbacks.not_found"
handler500 = "apps.core.api.fallbacks.server_error"
