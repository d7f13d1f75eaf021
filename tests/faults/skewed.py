"""The hub's settings on a host whose clock is wrong by SKEW_S seconds."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.utils import timezone

from automation_hub.settings import *  # noqa: F403

SKEW = timedelta(seconds=float(os.environ["SKEW_S"]))
_honest = timezone.now


def _skewed() -> datetime:
    return _honest() + SKEW


# Before any model is imported, which keeps the function as a default.
timezone.now = _skewed
