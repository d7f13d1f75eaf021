"""Loading what serves requests before the first one comes, and no more than that."""

from __future__ import annotations

import sys
from importlib import import_module

from django.conf import settings

from apps.core.memory import settle

# REST framework, and the test client that its documents' generator brings along, try
# these and do without: 14 MB, a fifth of the portal, that nothing here would use. The
# first brings psycopg; where PostgreSQL is the database, that is there anyway. Sources
# of scripts are coloured by pygments, which is loaded with the first of them.
UNUSED = ("django.contrib.postgres", "jinja2", "pygments", "requests")


def load_routes() -> None:
    """Import every view, without UNUSED; called once, before the portal serves.

    UNUSED can be imported as ever afterwards. Raises whatever a view's module raises,
    so that a portal that cannot answer does not start.
    """
    hidden = [name for name in UNUSED if name not in sys.modules]
    # None is Python's own mark for a module that must not be found.
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        import_module(settings.ROOT_URLCONF)
    finally:
        for name in hidden:
            del sys.modules[name]
    # What is loaded stays: the collector need not look through it while requests wait.
    settle()
