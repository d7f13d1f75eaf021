"""Addresses of the small views."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path
from django.views.i18n import set_language

from tests.unit.core import views

urlpatterns = [
    # The browsable pages link to the console.
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
    path("echo", views.EchoView.as_view()),
    path("checked", views.CheckedView.as_view()),
    path("params", views.ParamsView.as_view()),
    path("text", views.TextView.as_view()),
    path("raise/<str:name>", views.RaisingView.as_view()),
]
