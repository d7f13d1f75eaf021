"""Where the links of a document lead that a run left."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Links:
    """Where names lead that a file of the same run may have; "" for those it has not.

    `base` is the name of the file itself: others stand relative to its folder.
    """

    base: str = ""
    page: Callable[[str], str] = lambda name: ""
    picture: Callable[[str], str] = lambda name: ""

    def resolve(self, target: str) -> str:
        """Return the name that a relative address means."""
        path = unquote(urlsplit(target).path)
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.base), path))
