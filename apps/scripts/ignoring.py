"""`.hubignore`: names that are no scripts, written as in a .gitignore.

A line is a pattern; empty lines and those that begin with `#` are none. `*` and `?` stand
for anything but a slash, `[a-z]` and `[!a-z]` for one character, a part `**` for any
number of folders; a backslash takes the next character as it is. A slash at the beginning
or inside ties a pattern to the folder of its file, one at the end says that only folders
are meant, and `!` takes back what earlier lines named. The last line that fits decides;
what lies in a folder that is named cannot be taken back.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FILE_NAME = ".hubignore"
MAX_BYTES = 64 * 1024
# Of all files together: each name in the folder is compared with each of them.
MAX_PATTERNS = 200

# None is `**`.
Segment = re.Pattern[str] | None


class WrongPattern(ValueError):
    """A line that is no pattern; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Pattern:
    """One line of the .hubignore in `folder`, () for the one at the top."""

    folder: tuple[str, ...]
    line: int
    text: str
    segments: tuple[Segment, ...]
    takes_back: bool
    folders_only: bool

    @property
    def file(self) -> str:
        """Which file it stands in, relative to the scripts folder."""
        return "/".join((*self.folder, FILE_NAME))

    def fits(self, parts: Sequence[str], *, is_folder: bool) -> bool:
        """Whether it names the file or folder with these parts of a path."""
        depth = len(self.folder)
        if tuple(parts[:depth]) != self.folder or (self.folders_only and not is_folder):
            return False
        rest = parts[depth:]
        # How many parts what was looked at of the pattern may stand for.
        reached = {0}
        for number, segment in enumerate(self.segments, start=1):
            if segment is None:
                # At the end it means what is in a folder, not the folder.
                least = min(reached) + (number == len(self.segments))
                reached = set(range(least, len(rest) + 1))
            else:
                reached = {
                    at + 1
                    for at in reached
                    if at < len(rest) and segment.fullmatch(rest[at])
                }
            if not reached:
                return False
        return len(rest) in reached


def ignored_by(
    patterns: Sequence[Pattern], parts: Sequence[str], *, is_folder: bool
) -> Pattern | None:
    """Return the pattern that leaves a name out; None when it is not left out.

    `patterns` are those of all folders above, the outermost first.
    """
    for pattern in reversed(patterns):
        if pattern.fits(parts, is_folder=is_folder):
            return None if pattern.takes_back else pattern
    return None


def read_patterns(
    lines: Iterable[str], folder: tuple[str, ...]
) -> Iterable[Pattern | tuple[int, str, WrongPattern]]:
    """Yield each pattern of a .hubignore, or the line that is none with its number."""
    for number, line in enumerate(lines, start=1):
        text = _trimmed(line)
        if not text or text.startswith("#"):
            continue
        try:
            yield _read(text, number, folder)
        except WrongPattern as exc:
            yield number, text, exc


def _trimmed(line: str) -> str:
    text = line.rstrip("\r\n").rstrip(" \t")
    # A space behind a backslash is meant.
    return f"{text} " if text.endswith("\\") and text != line.rstrip("\r\n") else text


def _read(text: str, number: int, folder: tuple[str, ...]) -> Pattern:
    takes_back = text.startswith("!")
    body = text.removeprefix("!")
    parts = [part for part in body.split("/") if part]
    if not parts:
        raise WrongPattern("empty")
    segments = [None if part == "**" else _compile(part) for part in parts]
    if "/" not in body.rstrip("/"):
        # Tied to no folder: wherever the name is met.
        segments.insert(0, None)
    return Pattern(
        folder, number, text, tuple(segments), takes_back, body.endswith("/")
    )


def _compile(part: str) -> re.Pattern[str]:
    if part in {".", ".."}:
        raise WrongPattern("dots")
    # fnmatch's expressions take time in proportion to the name, whatever the stars.
    expression = fnmatch.translate("".join(_for_fnmatch(part)))
    if "(?!)" in expression:
        raise WrongPattern("range")
    return re.compile(expression)


def _for_fnmatch(part: str) -> Iterable[str]:
    at = 0
    while at < len(part):
        char = part[at]
        if char == "\\":
            at += 1
            if at == len(part):
                raise WrongPattern("backslash")
            yield f"[{part[at]}]" if part[at] in "*?[" else part[at]
        elif char == "[":
            negated = part[at + 1 : at + 2] in {"!", "^"}
            begin = at + 1 + negated
            # A bracket that closes stands for itself where it comes first.
            end = part.find("]", begin + 1)
            if end < 0 or "[:" in part[begin:end]:
                raise WrongPattern("bracket")
            yield f"[{'!' if negated else ''}{part[begin:end]}]"
            at = end
        else:
            yield char
        at += 1
