"""Addresses of the small views."""

from __future__ import annotations

from django.urls import path

from tests.unit.core import views

urlpatterns = [
    path("echo", views.EchoView.as_view()),
    path("checked", views.CheckedView.as_view()),
    path("params", views.ParamsView.as_view()),
    path("text", views.TextView.as_view()),
    path("raise/<str:name>", views.RaisingView.as_view()),
]
