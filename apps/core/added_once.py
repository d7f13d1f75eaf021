"""Forms that add something, and add it once however often they are sent.

A double click, or a page that is sent once more, brings the same token and the same
words again. What the form added bears a mark of both in its history, where the next
request finds it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.core.templatetags.hub import ONCE

MAX_TOKEN = 64
# What a form that is sent later adds is meant anew.
KEPT = timedelta(hours=24)
# How many of the latest additions of somebody are looked through.
LATEST = 100


def mark_of(request: HttpRequest) -> str:
    """Return what tells this form, filled in so, from others; "" without a token.

    With a key: nothing of what was typed can be guessed from it.
    """
    token = request.POST.get(ONCE, "")[:MAX_TOKEN]
    if not token:
        return ""
    # A file that is sent twice is kept twice, under another id each time.
    files = [
        [name, file.name, file.size]
        for name, sent in request.FILES.lists()
        for file in sent
    ]
    typed = [
        [name, values]
        for name, values in sorted(request.POST.lists())
        if _is_typed(name) and name not in request.FILES
    ]
    text = json.dumps([token, typed, files])
    return salted_hmac("core.added_once", text, algorithm="sha256").hexdigest()


def _is_typed(name: str) -> bool:
    # The names of buttons begin with an underscore.
    return name not in {ONCE, "csrfmiddlewaretoken"} and not name.startswith("_")


def note(mark: str) -> dict[str, Any]:
    """Return what the history of something has beside that it was added; a page of the
    history shows nothing of it."""
    return {"form": mark}


def added_before(*, user: User, model: type[Model], mark: str) -> str | None:
    """Return the id of what the form with this mark has added; None: nothing yet.

    Within a transaction: until it ends, nobody else adds anything in the user's name.
    """
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values("pk"))
    mine = LogEntry.objects.filter(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(model),
        action_flag=ADDITION,
        action_time__gt=timezone.now() - KEPT,
    )
    latest = mine.order_by("-pk").values_list("object_id", "change_message")[:LATEST]
    return next((made for made, message in latest if mark in message), None)
