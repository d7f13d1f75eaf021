"""Somebody else's change in the same moment, which only the database could see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.core.errors import WrongState


class ChangedMeanwhile(WrongState):
    """Somebody else changed it in the same moment."""

    code = "changed_meanwhile"


@contextmanager
def settling() -> Iterator[None]:
    """Tell of a clash with somebody else's change, which the database refused."""
    try:
        yield
    except IntegrityError as exc:
        raise ChangedMeanwhile(
            _("Somebody else changed it in the same moment; read it and try again.")
        ) from exc
