"""Whether what was read of a script's file is what ran.

An interpreter is given a path and opens it by itself, so the file can change between the
hub's reading and that. A copy would not do: a script finds its neighbours by its path.
"""

from __future__ import annotations

from apps.scripts.discovery import Content, is_unchanged


class Witness:
    """Looks at the file again: before the script starts, and when it was surely read.

    Python reads its script whole before it does anything, so what the script prints
    proves that. A shell reads on while it runs, so there only its end does.
    """

    def __init__(self, content: Content, *, read_at_once: bool) -> None:
        self._content = content
        self._read_at_once = read_at_once
        self._verdict: bool | None = None

    def may_start(self) -> bool:
        """Whether the file is still what was read."""
        return is_unchanged(self._content)

    def hear(self) -> None:
        """Take note that the script printed something."""
        if self._read_at_once and self._verdict is None:
            self._verdict = is_unchanged(self._content)

    def vouches(self) -> bool:
        """Whether what ran is what was read, now that the script has ended."""
        if self._verdict is None:
            self._verdict = is_unchanged(self._content)
        return self._verdict
