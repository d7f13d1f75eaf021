"""Who is told of what happened to runs: functions that RUN_RECEIVERS names.

Each takes one dict, the payload, and returns within RECEIVER_LIMIT_S. It may get the
same payload twice, since a kill between its work and the note of it loses the note.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string

# Characters of a dotted path, as a message in the outbox keeps it.
MAX_PATH = 255

Receiver = Callable[[dict[str, Any]], object]


def resolve(path: str) -> Receiver:
    """Return the function at a dotted path; raises ImportError with a sentence."""
    try:
        found = import_string(path)
    except ImportError:
        raise
    except Exception as exc:
        # Importing a module runs it, so anything may go wrong in there.
        raise ImportError(f"{type(exc).__name__}: {exc}") from exc
    if not callable(found):
        raise ImportError(f"it is not a function but of type {type(found).__name__}")
    receiver: Receiver = found
    return receiver
