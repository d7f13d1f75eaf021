"""What the list of scripts can be narrowed down to; each stands in the address."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.scripts.models import Script


def with_tag(word: str, *, part: bool = False) -> list[int]:
    """Return the ids of scripts that bear a tag, or one that holds the word.

    Not every database looks into lists, and scripts are few.
    """
    sought = word.lower()
    return [
        pk
        for pk, tags in Script.objects.order_by().values_list("pk", "tags")
        if any(sought in tag.lower() if part else word == tag for tag in tags)
    ]


class FolderFilter(admin.SimpleListFilter):
    """The sidebar's choice of a folder, with the folders in it."""

    title = gettext_lazy("folder")
    parameter_name = "folder"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = Script.objects.visible_to(request.user).values_list("name", flat=True)
        folders = {
            str(above) for name in names for above in PurePosixPath(name).parents
        }
        return [(folder, folder) for folder in sorted(folders - {"."})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        folder = self.value()
        scripts = Script.objects.in_folder(folder) if folder else None
        return queryset if scripts is None else queryset.filter(pk__in=scripts)


class TagFilter(admin.SimpleListFilter):
    """The choice of a tag that scripts bear in their headers."""

    title = gettext_lazy("tag")
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        visible = Script.objects.visible_to(request.user).order_by()
        found = {tag for tags in visible.values_list("tags", flat=True) for tag in tags}
        return [(tag, tag) for tag in sorted(found)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        tag = self.value()
        return queryset if tag is None else queryset.filter(pk__in=with_tag(tag))


class QueueFilter(admin.SimpleListFilter):
    """The choice of a queue that scripts name in their headers."""

    title = gettext_lazy("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        visible = Script.objects.visible_to(request.user).exclude(queue="")
        names = visible.order_by("queue").values_list("queue", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        queue = self.value()
        return queryset if queue is None else queryset.filter(queue=queue)
