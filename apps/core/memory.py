"""Memory of processes that are forked, or that stay for long."""

from __future__ import annotations

import ctypes
import gc

from django.apps import apps


def settle() -> None:
    """Leave what is loaded to the forks that share it, and give back what is free.

    Called once, when a process has loaded what it needs. The collector does not look
    through it any more, so a fork copies none of it for that. What modules needed while
    they were compiled and loaded is free by then, and glibc would keep it;
    other C libraries have no such call.
    """
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def look_at_models() -> None:
    """Have every model find out about itself what its first query would.

    Called once, before `settle` in a process that forks: each fork would keep it for
    itself, about 1.5 MB. Asks no database.
    """
    for model in apps.get_models():
        str(model._default_manager.all().query)
        model._meta.get_fields()
