"""What a worker and a supervisor say to each other, over two pipes.

Control, worker to supervisor: eight bytes of length, the job as a marshalled dict, then
the orders below, of one byte each; after FEED there are eight more. Status, supervisor to worker: JSON lines, each with an
`event`: `ready`; after "go" `forked`, then `started` or `spawn_error`; at last `end`.

Marshal carries bytes, and a supervisor reads it without a line of Python; both sides
are of the same interpreter, and nobody else holds an end of the pipe. Every supervisor
imports this when it starts, so it imports little itself.
"""

from __future__ import annotations

import json
import marshal
import os
import struct

GO = b"g"
FEED = b"f"
"""The worker is well, and the run is its own until the moment that follows."""
STOP = b"s"
KILL = b"k"

_LENGTH_BYTES = 8
_MOMENT = struct.Struct("!d")
_LENGTHS = {FEED: 1 + _MOMENT.size}

# What a job or an event is once it is read; `Any` would cost the import of typing.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Message = dict[str, Any]
else:
    Message = dict


def encode_job(job: Message) -> bytes:
    """The job as the first thing that goes down the control pipe."""
    body = marshal.dumps(job)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def read_job(fd: int) -> Message | None:
    """Wait for the job, and take not a byte more; None when the pipe ends before."""
    length = _read_exactly(fd, _LENGTH_BYTES)
    body = length and _read_exactly(fd, int.from_bytes(length, "big"))
    if not body:
        return None
    job: Message = marshal.loads(body)  # noqa: S302 - from the worker, and nobody else
    return job


def feed(until: float) -> bytes:
    """The order that keeps the fence open until a moment of the monotonic clock.

    That clock is the system's, so both sides mean the same by it, however long the
    order lay in the pipe.
    """
    return FEED + _MOMENT.pack(until)


def moment(body: bytes) -> float:
    """The moment that came with FEED."""
    until: float = _MOMENT.unpack(body)[0]
    return until


def split_order(orders: bytes) -> tuple[bytes, bytes, bytes]:
    """The first order, what belongs to it, and the rest; b"" before it is whole."""
    length = _LENGTHS.get(orders[:1], 1)
    if len(orders) < length:
        return b"", b"", orders
    return orders[:1], orders[1:length], orders[length:]


def send_event(fd: int, event: str, **fields: object) -> None:
    """Write one status line."""
    line = json.dumps({"event": event, **fields}) + "\n"
    send_line(fd, line.encode("ascii"))


def send_started(fd: int, pid: int, at: float) -> None:
    """Write at once what a script that runs has to tell: `forked` and `started`."""
    line = b'{"event": "forked", "pid": %d}\n{"event": "started", "at": %.6f}\n'
    send_line(fd, line % (pid, at))


def send_line(fd: int, line: bytes) -> None:
    """Write a line that `send_event` made elsewhere.

    Lines are far below PIPE_BUF, so they are written whole.
    """
    try:
        os.write(fd, line)
    except BrokenPipeError:
        pass  # A reader that is gone needs no answer any more.


def _read_exactly(fd: int, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        block = os.read(fd, count - len(data))
        if not block:
            return None
        data += block
    return data
