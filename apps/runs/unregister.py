"""Takes django-q2's own pages out of the admin.

They unpickle what a table holds when a row is shown, and let whoever may add a schedule
call any function, `os.system` too.
"""

from __future__ import annotations

from importlib import import_module

from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success


def unregister_queue_pages() -> None:
    """Called by apps.runs.admin.

    Our admin is imported before django-q2's (the order of INSTALLED_APPS), so its pages
    are brought in first; importing them again later registers nothing.
    """
    import_module("django_q.admin")
    for model in (Success, Failure, Schedule, OrmQ):
        if admin.site.is_registered(model):
            admin.site.unregister(model)
