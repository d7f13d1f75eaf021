#!/usr/bin/env python
"""The hub's command line: `python manage.py help` lists what it can do."""

import os
import select
import sys

# A shell's convention for a command that Ctrl-C ended, and for one that nobody read on.
INTERRUPTED = 130
UNREAD = 141


def main():
    """Check the interpreter and the arguments, then hand over to Django's commands."""
    if sys.version_info < (3, 11):
        sys.exit(
            "automation-hub needs Python 3.11 or newer; this is Python %d.%d. "
            "Run it with a newer one, or let `make up` find it." % sys.version_info[:2]
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "automation_hub.settings")
    refuse_what_is_no_text(sys.argv[1:])
    try:
        import django.core.management  # noqa: F401
    except ImportError:
        sys.exit(
            "Django is not installed for %s. Run `make up` once, or use "
            ".venv/bin/python manage.py ..." % sys.executable
        )
    run(sys.argv)


def refuse_what_is_no_text(arguments):
    """End with a sentence where an argument's bytes are no text in this locale.

    Python keeps such bytes as half surrogate pairs, which neither a database nor JSON
    takes.
    """
    for argument in arguments:
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError:
            sys.exit(
                "The argument %s is not text; write it in UTF-8." % ascii(argument)
            )


def run(argv):
    """Run a command; a wrong setting ends it with a sentence.

    `--traceback` shows where a wrong setting was found.
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from apps.system.secret import require_secret_key

    try:
        if argv[1:] == ["qcluster"]:
            # A service that has no key says so as the portal does.
            require_secret_key()
        execute_from_command_line(argv)
    except ImproperlyConfigured as exc:
        if "--traceback" in argv:
            raise
        sys.exit(str(exc))


def speak():
    """Do what was asked; end quietly when the reader goes, as `head` does."""
    # None where the caller has closed it.
    sys.stdout = sys.stdout or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stderr = sys.stderr or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    try:
        try:
            main()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        gone = [out for out in (sys.stdout, sys.stderr) if nobody_reads(out)]
        if not gone:
            # Another pipe broke, which is nobody's wish.
            raise
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for out in gone:
            # Python itself writes what is left as it ends.
            os.dup2(nowhere, out.fileno())
        sys.exit(UNREAD)


def nobody_reads(out):
    """Whether it leads into a pipe whose reader is gone."""
    poll = select.poll()
    poll.register(out.fileno(), 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


if __name__ == "__main__":
    try:
        speak()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
