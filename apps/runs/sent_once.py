"""Forms that start something, and start it once however often they are sent.

A double click, or a page that is sent once more, brings the same token again; what it
has started is the answer then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.templatetags.hub import ONCE as FIELD
from apps.core.templatetags.hub import new_token
from apps.runs import services
from apps.runs.models import Run

__all__ = ["FIELD", "once_for", "sent_twice", "start_once", "token_of"]

MAX_TOKEN = 64


def token_of(request: HttpRequest) -> str:
    """Return the token that was sent, or else a new one, for a page that asks first."""
    return _sent(request) or new_token()


def once_for(request: HttpRequest, *what: Any) -> services.Once | None:
    """Return what keeps the form that was sent from starting `what`, which is JSON
    data, a second time; None for a form without a token."""
    token = _sent(request)
    if not token:
        return None
    text = json.dumps([token, *what], sort_keys=True)
    key = f"form-{hashlib.sha256(text.encode()).hexdigest()}"
    # The console is for those who are signed in.
    assert isinstance(request.user, User)
    return services.Once.of(user=request.user, key=key, request=None)


def start_once(
    request: HttpRequest, start: Callable[[services.Once | None], Run], *what: Any
) -> tuple[Run, bool]:
    """Return what `start` starts, or what the same form has started, and whether it is
    new; raises as `services.run_once`."""
    once = once_for(request, *what)
    return services.run_once(once=once, user=request.user, start=lambda: start(once))


def sent_twice() -> str:
    """Say that nothing new was started."""
    return _("That form was sent twice; this is the run that it started.")


def _sent(request: HttpRequest) -> str:
    return request.POST.get(FIELD, "")[:MAX_TOKEN]
