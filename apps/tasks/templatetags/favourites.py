"""The star on the pages of scripts and tasks."""

from __future__ import annotations

from typing import Any

from django import template

from apps.scripts.models import Script
from apps.tasks.favourites import is_favourite
from apps.tasks.models import Task

register = template.Library()


@register.inclusion_tag("hub/star.html", takes_context=True)
def star(context: template.Context, what: Script | Task) -> dict[str, Any]:
    """Show whether the reader has given it a star, as a button that changes that."""
    request = context["request"]
    return {
        "kind": "script" if isinstance(what, Script) else "task",
        "what": what,
        "given": is_favourite(user=request.user, what=what),
        "request": request,
        "csrf_token": context.get("csrf_token"),
    }
