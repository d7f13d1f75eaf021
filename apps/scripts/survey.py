"""A look at the whole scripts folder: which files are scripts, and why others are not."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from apps.scripts.discovery import (
    KNOWN_ENDINGS,
    MAX_NAME_LENGTH,
    MAX_SCRIPT_BYTES,
    Content,
    ScriptGone,
    locate,
    read,
)
from apps.scripts.ignoring import (
    FILE_NAME,
    MAX_BYTES,
    MAX_PATTERNS,
    Pattern,
    ignored_by,
    read_patterns,
)
from apps.scripts.imports import ENDING, find_libraries
from apps.scripts.problems import gettext_noop

MAX_DEPTH = 8
# Files and folders that are looked at: a second or two.
MAX_ENTRIES = 20_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# Why something in the folder is no script.
LEFT_OUT: dict[str, str] = {
    "ignored": gettext_noop("It is named by line %(line)s of %(file)s (%(pattern)s)."),
    "imported": gettext_noop(
        "It is a library that %(importer)s imports. Give it a line #!, a block "
        "# /// script or a test of __name__ if it is a script too."
    ),
    "unprintable": gettext_noop(
        "Its name holds characters that cannot be shown; rename it."
    ),
    "long": gettext_noop(
        "Its name with its folders has more than %(limit)s characters; shorten it."
    ),
    "deep": gettext_noop(
        "It lies more than %(limit)s folders deep; move it further up."
    ),
    "environment": gettext_noop("It is a Python environment, not a folder of scripts."),
    "folder": gettext_noop("The folder cannot be read: %(error)s."),
    "linked_folder": gettext_noop(
        "It is a link to a folder, which could lead round in a circle; move the folder "
        "itself here."
    ),
    "link": gettext_noop(
        "It is a link that leads to no file inside the scripts folder; copy the file "
        "itself here."
    ),
    "irregular": gettext_noop("It is no regular file."),
    "unreadable": gettext_noop(
        "The file cannot be read: %(error)s. Let the hub's user read it."
    ),
    "not_executable": gettext_noop(
        "It has a #! line but is not executable; run chmod +x on it."
    ),
    "no_interpreter": gettext_noop(
        "It is executable, but has no #! line and no known ending (%(endings)s)."
    ),
    "byte_order_mark": gettext_noop(
        "It has a byte order mark before its #! line; save it as UTF-8 without one."
    ),
}
# What is wrong with the folder as a whole.
REMARKS: dict[str, str] = {
    "many": gettext_noop(
        "The scripts folder holds more than %(limit)s files and folders; what comes "
        "after %(name)s was not looked at. Name folders without scripts in .hubignore, "
        "or move them elsewhere."
    ),
    "hubignore": gettext_noop("%(file)s cannot be read: %(error)s."),
    "hubignore_large": gettext_noop(
        "%(file)s has more than %(limit)s bytes and was not read; shorten it."
    ),
    "hubignore_text": gettext_noop(
        "%(file)s is not UTF-8 text and was not read; save it as UTF-8."
    ),
    "patterns": gettext_noop(
        "The .hubignore files hold more than %(limit)s patterns together; those from "
        "line %(line)s of %(file)s on were not read."
    ),
    "empty": gettext_noop("Line %(line)s of %(file)s names nothing: %(pattern)s."),
    "dots": gettext_noop(
        "Line %(line)s of %(file)s was not used: a pattern holds neither . nor .. as a "
        "part (%(pattern)s)."
    ),
    "range": gettext_noop(
        "Line %(line)s of %(file)s was not used: its brackets hold nothing that could "
        "fit (%(pattern)s)."
    ),
    "bracket": gettext_noop(
        "Line %(line)s of %(file)s was not used: a bracket [ has no end, or holds a "
        "class such as [:alpha:] (%(pattern)s)."
    ),
    "backslash": gettext_noop(
        "Line %(line)s of %(file)s was not used: nothing follows its backslash "
        "(%(pattern)s)."
    ),
}


@dataclass(frozen=True)
class Remark:
    """`LEFT_OUT[code] % params` or `REMARKS[code] % params` is the sentence."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class Full(Exception):
    """More entries than are looked at."""


@dataclass
class Survey:
    """What the scripts folder holds.

    `left_out` says why of what is no script, a folder's name with a slash at its end;
    names that begin with `_` or `.`, and files that do not look like a script, are not
    listed. `last` is the last name looked at where there were too many, else "".
    """

    names: list[str] = field(default_factory=list)
    left_out: dict[str, Remark] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    last: str = ""

    def reason(self, name: str) -> Remark | None:
        """Return why `name` is no script, or a folder that it lies in is looked past."""
        folders = [f"{parent}/" for parent in PurePosixPath(name).parents]
        found = (self.left_out.get(one) for one in (name, *folders))
        return next((remark for remark in found if remark), None)


def survey(root: Path) -> Survey:
    """Look at all names under `root`. Raises OSError if `root` itself cannot be listed.

    A script is a file with a known ending, or an executable one with a `#!` line, that
    is neither named in a .hubignore nor a library. Linked folders (loops), and links to
    files outside `root`, are not followed.
    """
    walk = _Walk(root)
    walk.look()
    return walk.found


class _Walk:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.found = Survey()
        self._entries = 0
        self._patterns = 0
        # Python files that may import others, those that begin with `_` too.
        self._modules: list[str] = []

    def look(self) -> None:
        try:
            self._folder("", ())
            self.found.last = ""
        except Full:
            about = {"limit": MAX_ENTRIES, "name": shown_name(self.found.last)}
            self.found.remarks.append(Remark("many", about))
        libraries = find_libraries(self._modules, self._source)
        for name, importer in libraries.items():
            if name in self.found.names:
                about = {"importer": importer}
                self.found.left_out[name] = Remark("imported", about)
        self.found.names = [n for n in self.found.names if n not in libraries]

    def _folder(self, prefix: str, patterns: tuple[Pattern, ...]) -> None:
        entries = self._list(prefix)
        by_name = {entry.name: entry for entry in entries}
        if prefix and "pyvenv.cfg" in by_name:
            self._leave_out(prefix, "environment")
            return
        if FILE_NAME in by_name:
            patterns = (*patterns, *self._read_patterns(prefix))
        for entry in entries:
            name = f"{prefix}{entry.name}"
            self._count(name)
            if entry.name.startswith(("_", ".")):
                self._note_module(entry, name)
            else:
                self._entry(entry, name, patterns)

    def _list(self, prefix: str) -> list[os.DirEntry[str]]:
        with os.scandir(self.root / prefix) as listing:
            # Of a folder without end no more than can be looked at.
            entries = list(islice(listing, MAX_ENTRIES + 1))
        return sorted(entries, key=lambda entry: entry.name)

    def _count(self, name: str) -> None:
        if self._entries == MAX_ENTRIES:
            raise Full
        self._entries += 1
        self.found.last = name

    def _note_module(self, entry: os.DirEntry[str], name: str) -> None:
        if entry.name.endswith(ENDING) and entry.is_file(follow_symlinks=False):
            self._modules.append(name)

    def _entry(
        self, entry: os.DirEntry[str], name: str, patterns: tuple[Pattern, ...]
    ) -> None:
        is_folder = entry.is_dir(follow_symlinks=False)
        shown = f"{name}/" if is_folder else name
        if by := ignored_by(patterns, name.split("/"), is_folder=is_folder):
            about = {"line": by.line, "file": by.file, "pattern": by.text}
            self._leave_out(shown, "ignored", **about)
        elif not name.isprintable():
            # A name that cannot be decoded holds lone surrogates: not printable either.
            self._leave_out(shown, "unprintable")
        elif len(name) > MAX_NAME_LENGTH:
            self._leave_out(shown, "long", limit=MAX_NAME_LENGTH)
        elif is_folder:
            self._descend(name, patterns)
        else:
            self._file(entry, name)

    def _descend(self, name: str, patterns: tuple[Pattern, ...]) -> None:
        if name.count("/") >= MAX_DEPTH:
            self._leave_out(f"{name}/", "deep", limit=MAX_DEPTH)
            return
        try:
            self._folder(f"{name}/", patterns)
        except OSError as exc:
            self._leave_out(f"{name}/", "folder", error=exc.strerror)

    def _file(self, entry: os.DirEntry[str], name: str) -> None:
        known = name.endswith(KNOWN_ENDINGS)
        try:
            path = locate(self.root, name)
            with path.open("rb") as file:
                head = file.read(len(BYTE_ORDER_MARK) + 2)
        except ScriptGone:
            self._leave_out_irregular(entry, name, known)
        except FileNotFoundError:
            # It went a moment ago.
            return
        except OSError as exc:
            if known:
                self._leave_out(name, "unreadable", error=exc.strerror)
        else:
            if known or not self._is_strange(name, path, head):
                self.found.names.append(name)
                if name.endswith(ENDING):
                    self._modules.append(name)

    def _is_strange(self, name: str, path: Path, head: bytes) -> bool:
        """Whether a file without a known ending is no script either."""
        executable = os.access(path, os.X_OK)
        if head.startswith(b"#!"):
            if not executable:
                self._leave_out(name, "not_executable")
            return not executable
        if head.startswith(BYTE_ORDER_MARK + b"#!"):
            self._leave_out(name, "byte_order_mark")
        elif executable and "." not in name.rpartition("/")[2]:
            # Others are data from a file system that marks all files.
            endings = ", ".join(KNOWN_ENDINGS)
            self._leave_out(name, "no_interpreter", endings=endings)
        return True

    def _leave_out_irregular(
        self, entry: os.DirEntry[str], name: str, known: bool
    ) -> None:
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
            leads_to_folder = stat.S_ISLNK(mode) and entry.is_dir()
        except OSError:
            # Gone, or a link that leads round in a circle.
            leads_to_folder = False
            mode = stat.S_IFLNK
        if leads_to_folder:
            self._leave_out(f"{name}/", "linked_folder")
        elif known:
            code = "link" if stat.S_ISLNK(mode) else "irregular"
            self._leave_out(name, code)

    def _leave_out(self, name: str, code: str, **params: object) -> None:
        self.found.left_out[name] = Remark(code, params)

    def _read_patterns(self, prefix: str) -> Iterator[Pattern]:
        file = f"{prefix}{FILE_NAME}"
        text = self._hubignore(file)
        folder = tuple(prefix.split("/")[:-1])
        for one in read_patterns(text.splitlines(), folder):
            if isinstance(one, Pattern):
                if self._patterns == MAX_PATTERNS:
                    about = {"limit": MAX_PATTERNS, "line": one.line, "file": file}
                    self.found.remarks.append(Remark("patterns", about))
                    return
                self._patterns += 1
                yield one
            else:
                line, pattern, wrong = one
                about = {"line": line, "file": file, "pattern": shown_name(pattern)}
                self.found.remarks.append(Remark(wrong.code, about))

    def _hubignore(self, file: str) -> str:
        try:
            content = read(self.root, file)
        except ScriptGone as exc:
            about = {"file": file, "error": _why(exc)}
            self.found.remarks.append(Remark("hubignore", about))
            return ""
        return self._decoded(file, content)

    def _decoded(self, file: str, content: Content) -> str:
        if content.size_bytes > MAX_BYTES:
            about = {"file": file, "limit": MAX_BYTES}
            self.found.remarks.append(Remark("hubignore_large", about))
            return ""
        try:
            return content.source.decode("utf-8-sig").replace("\0", "")
        except UnicodeDecodeError:
            self.found.remarks.append(Remark("hubignore_text", {"file": file}))
            return ""

    def _source(self, name: str) -> bytes | None:
        try:
            path = locate(self.root, name)
            if path.stat().st_size > MAX_SCRIPT_BYTES:
                return None
            return path.read_bytes()
        except (ScriptGone, OSError):
            return None


def shown_name(name: str) -> str:
    """Return a name from the folder as a sentence shows it: printable, and short."""
    shown = name if name.isprintable() else ascii(name)
    return shown if len(shown) <= MAX_NAME_LENGTH else f"{shown[:MAX_NAME_LENGTH]}…"


def _why(exc: ScriptGone) -> str:
    return str(exc) if type(exc) is not ScriptGone else "it is no regular file"
