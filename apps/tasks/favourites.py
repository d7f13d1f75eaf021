"""What people keep at hand: scripts and tasks with a star."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction

from apps.scripts.models import Script
from apps.tasks.models import Favourite, Task


def is_favourite(*, user: User, what: Script | Task) -> bool:
    """Whether `user` has given it a star."""
    return Favourite.objects.filter(user=user, **_column(what)).exists()


def favourite_scripts(*, user: User | AnonymousUser) -> set[int]:
    """Return the ids of the scripts to which `user` has given a star."""
    given = Favourite.objects.filter(user=user.pk, script__isnull=False)
    return set(given.values_list("script", flat=True))


def set_favourite(*, user: User, what: Script | Task, wanted: bool = True) -> bool:
    """Give a script or a task a star, or take it away; whether it has one now.

    What is as it is wanted stays so: a second click changes nothing.
    """
    given = Favourite.objects.filter(user=user, **_column(what))
    if not wanted:
        given.delete()
        return False
    if given.exists():
        return True
    try:
        with transaction.atomic():
            Favourite.objects.create(user=user, **_column(what))
    except IntegrityError:
        # A second click was as quick: it has its star, or is gone.
        return given.exists()
    return True


def _column(what: Script | Task) -> dict[str, Script | Task]:
    return {"script" if isinstance(what, Script) else "task": what}
