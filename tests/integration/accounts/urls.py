"""A few views that exist only to be called by callers of every kind."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path
from django.views.i18n import set_language
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from apps.accounts.permissions import Need

# Permissions that exist wherever these tests run; what they are called is no matter.
MAY_READ = "accounts.view_token"
MAY_RUN = "accounts.add_token"
MAY_MANAGE = "accounts.delete_token"


def answer(request):
    return Response({"user": str(request.user), "token": str(request.auth)})


class NoteViewSet(ViewSet):
    access = {
        "list": Need("read", MAY_READ, anonymous=True),
        "create": Need("run", MAY_RUN, anonymous=True),
        "destroy": Need("manage", MAY_MANAGE),
    }

    def list(self, request):
        return answer(request)

    def create(self, request):
        return answer(request)

    def destroy(self, request):
        return answer(request)

    @action(detail=False, methods=["post"])
    def unlisted(self, request):
        return answer(request)


class PlainView(APIView):
    access = {
        "get": Need("read", MAY_READ, anonymous=True),
        "post": Need("run", MAY_RUN),
    }

    def get(self, request):
        return answer(request)

    def post(self, request):
        return answer(request)

    def put(self, request):
        return answer(request)


class PostView(APIView):
    access = {"post": Need("run", MAY_RUN)}

    def post(self, request):
        return answer(request)


class BareView(APIView):
    def get(self, request):
        return answer(request)


NOTES = {"get": "list", "post": "create", "delete": "destroy"}

urlpatterns = [
    path("notes", NoteViewSet.as_view(NOTES)),
    path("notes/unlisted", NoteViewSet.as_view({"post": "unlisted"})),
    path("plain", PlainView.as_view()),
    path("post", PostView.as_view()),
    path("bare", BareView.as_view()),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
]
