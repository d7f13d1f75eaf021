"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import os
import threading
import time
import uuid
from datetime import datetime

_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562): milliseconds, then a counter, then chance.

    Within one process each is greater than the one before (the 12 bits after the time
    hold the fraction of the millisecond and are stepped when the clock stands still),
    so ordering by id is ordering by time.
    """
    global _last
    with _lock:
        # Time in units of 1/4096 ms: 48 bits of milliseconds and 12 of fraction.
        now = time.time_ns() * 4096 // 1_000_000
        _last = now = max(now, _last + 1)
    milliseconds, fraction = now >> 12, now & 0xFFF
    chance = int.from_bytes(os.urandom(8), "big") & (2**62 - 1)
    value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | chance
    return uuid.UUID(int=value)


def first_uuid7(moment: datetime) -> uuid.UUID:
    """Return the least id that `uuid7` gives at `moment`, which is after 1969.

    Whatever was made before has a smaller id.
    """
    milliseconds = int(moment.timestamp() * 1000)
    return uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | 0b10 << 62)
