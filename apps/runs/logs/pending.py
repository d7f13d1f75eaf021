"""What of a log is not written yet, and what of its tail has to go. No database."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

# What a row takes beside its text: in the table, its index, and here in memory. Without
# it a script that prints one character to each stream in turn would cost a hundred
# times its log's limit.
ROW_COST = 128
# The tail is cut in groups of rows, so that what is known of it stays small.
GROUPS = 32


@dataclass(slots=True)
class PendingRow:
    """A row to be: it grows until it is full or a first attempt is made to write it."""

    seq: int
    stream: str
    lines_before: int
    data: bytearray = field(default_factory=bytearray)

    @property
    def cost(self) -> int:
        return len(self.data) + ROW_COST


@dataclass(slots=True)
class _Group:
    """Rows of the tail that follow each other, up to `last_seq`."""

    last_seq: int
    rows: int = 0
    cost: int = 0


class Tail:
    """The last rows of a log: at most `limit` of them, and `room` of it in memory.

    What is over either is cut out from the oldest end: rows that wait are dropped, and
    those that were written are named by `cut_upto`, up to which all have to go. The
    last group always stays.
    """

    def __init__(self, limit: int, room: int) -> None:
        self._limit = limit
        self._room = room
        self._group_cost = room // GROUPS
        self._groups: deque[_Group] = deque()
        self._cost = 0
        self._pending_cost = 0
        self.pending: deque[PendingRow] = deque()
        self.cut_upto = 0
        self.cut_bytes = 0

    def add(self, row: PendingRow) -> None:
        """Take a new row, still empty; what it costs is told by `charge`."""
        if not self._groups or self._groups[-1].cost >= self._group_cost:
            self._groups.append(_Group(row.seq))
        self._groups[-1].last_seq = row.seq
        self._groups[-1].rows += 1
        self.pending.append(row)

    def charge(self, size: int) -> None:
        """Count what the newest row has grown by, and cut out what is over."""
        self._groups[-1].cost += size
        self._cost += size
        self._pending_cost += size
        while self._is_over() and len(self._groups) > 1:
            self._cut()

    def written(self) -> None:
        """Forget the waiting rows: they are in the database."""
        self.pending.clear()
        self._pending_cost = 0

    def _is_over(self) -> bool:
        return self._cost > self._limit or self._pending_cost > self._room

    def _cut(self) -> None:
        group = self._groups.popleft()
        self._cost -= group.cost
        self.cut_bytes += group.cost - group.rows * ROW_COST
        self.cut_upto = group.last_seq
        while self.pending and self.pending[0].seq <= group.last_seq:
            self._pending_cost -= self.pending.popleft().cost


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Part UTF-8 into pieces of at most `size` bytes (4 or more), between characters."""
    start = 0
    while len(data) - start > size:
        end = start + size
        while data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[start:end]
        start = end
    yield data[start:]
