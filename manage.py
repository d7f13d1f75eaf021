#!/usr/bin/env python
"""The hub's command line: `python manage.py help` lists what it can do."""

import os
import sys


def main():
    """Check the interpreter, then hand over to Django's command line."""
    if sys.version_info < (3, 11):
        sys.exit(
            "automation-hub needs Python 3.11 or newer; this is Python %d.%d. "
            "Run it with a newer one, or let `make up` find it." % sys.version_info[:2]
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automation_hub.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for %s. Run `make up` once, or use "
            ".venv/bin/python manage.py ..." % sys.executable
        )
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
