"""Keeping passwords out of what a build prints."""

from __future__ import annotations

import re
from collections.abc import Sequence

MASK = b"****"
_USER_INFO = re.compile(rb"(://)[^/?#@\s'\"]+(@)")
# A line that is longer is let go in parts.
_LONGEST_LINE = 65536
_KEPT_BACK = 4096


class Mask:
    """Takes one stream in blocks and gives it back in whole lines, without secrets.

    Also what stands where addresses have a user and a password, whosever they are.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._rest = b""

    def take(self, block: bytes) -> bytes:
        """Return what can be shown by now: up to the last end of a line."""
        text = self._rest + block
        end = text.rfind(b"\n") + 1
        if not end and len(text) > _LONGEST_LINE:
            # No secret is cut in two: masked first, and the end, where one may only
            # have begun, is kept back.
            text = self._masked(text)
            end = max(len(text) - _KEPT_BACK, 0)
        self._rest = text[end:]
        return self._masked(text[:end])

    def finish(self) -> bytes:
        """Return what is left when the stream has ended."""
        rest, self._rest = self._rest, b""
        return self._masked(rest)

    def _masked(self, text: bytes) -> bytes:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return _USER_INFO.sub(rb"\1" + MASK + rb"\2", text)
