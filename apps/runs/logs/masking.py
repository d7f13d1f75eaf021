"""Dots in the place of secrets, in output that comes in pieces. No database.

Looked for are the secrets themselves, each line of one that has several, and what
scripts commonly make of them: base64 with whatever before and behind, hexadecimal,
URL-quoted text, the inside of a string of JSON, Python, HTML or a shell. What is found
is replaced by MASK, whatever pieces it came in; overlapping finds become one.
Everything else passes unchanged.

A secret has no dot of the mask in it, so dots and what stands beside them never make
one: what is left of the output are parts of what was printed, and a part that holds a
secret was found.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from apps.scripts.secrecy import HIDDEN, MIN_CHARACTERS

MASK = HIDDEN.encode()
# base64 in lines, as `base64` and PEM files have it.
WRAPPED = (76, 64)
# By so many bytes the beginning of a pattern is found; each has as many at least.
PROBE = 4
# Up to so many patterns it is faster to search for one after the other.
FEW = 200

Spans = list[tuple[int, int]]


def patterns_of(values: Iterable[str]) -> list[bytes]:
    """Return what is looked for, to hide these secrets; the longest first."""
    found: set[bytes] = set()
    for value in values:
        found.update(_forms(value))
        found.update(line.encode() for line in value.splitlines())
        found.update(line.strip().encode() for line in value.splitlines())
    least = [p for p in found if len(p.decode().strip()) >= MIN_CHARACTERS]
    return sorted(least, key=lambda pattern: (-len(pattern), pattern))


def _forms(value: str) -> Iterator[bytes]:
    # Scripts read a secret with or without the line end that files have.
    for text in {value, value.strip()}:
        yield text.encode()
        for quoted in (quote(text, safe=""), quote(text), quote_plus(text)):
            yield quoted.encode()
            yield _lower_escapes(quoted).encode()
        for is_ascii in (True, False):
            yield json.dumps(text, ensure_ascii=is_ascii)[1:-1].encode()
        for form in (*_in_python(text), *_in_html(text), *_in_a_shell(text)):
            yield form.encode()
        yield text.encode().hex().encode()
        yield text.encode().hex().upper().encode()
    for text in {value, value.strip(), f"{value}\n"}:
        yield from _base64_forms(text.encode())


def _in_python(text: str) -> Iterator[str]:
    """As a dict, a traceback or a list of arguments shows it, within either quotes."""
    for shown in (repr, ascii):
        yield shown(text)[1:-1]
        yield shown(f'{text}"')[1:-2]
    yield repr(text.encode())[2:-1]


def _in_html(text: str) -> Iterator[str]:
    yield html.escape(text)
    yield html.escape(text, quote=False)


def _in_a_shell(text: str) -> Iterator[str]:
    """As `set -x`, shlex.quote, `export -p` and printf's %q write it."""
    yield text.replace("'", "'\\''")
    yield text.replace("'", "'\"'\"'")
    yield re.sub(r'(["$`\\])', r"\\\1", text)
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", text)


def _lower_escapes(quoted: str) -> str:
    """%2F as %2f, which means the same."""
    head, *escapes = quoted.split("%")
    return head + "".join(f"%{part[:2].lower()}{part[2:]}" for part in escapes)


def _base64_forms(data: bytes) -> Iterator[bytes]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(data)
        yield whole
        yield whole.rstrip(b"=")
        for width in WRAPPED:
            if len(whole) > width:
                yield from (
                    whole[at : at + width] for at in range(0, len(whole), width)
                )
        for before in range(3):
            # Only the characters that hold nothing but bits of the secret.
            bits = 8 * (before + len(data))
            first = -(-8 * before // 6)
            yield encode(bytes(before) + data)[first : bits // 6]


class Matcher:
    """Finds patterns, the longest of which come first, in bytes, and where one may have begun that is not there yet."""

    def __init__(self, patterns: list[bytes]) -> None:
        self._patterns = patterns
        self._by_begin: dict[bytes, list[bytes]] = {}
        for pattern in patterns:
            self._by_begin.setdefault(pattern[:PROBE], []).append(pattern)
        self.longest = max(map(len, patterns), default=0)

    def spans(self, data: bytes) -> Spans:
        """Return where patterns stand, those that overlap as one, in order."""
        finds = self._windows if len(self._patterns) > FEW else self._searches
        return _merged(finds(data))

    def _searches(self, data: bytes) -> Spans:
        """Look for one pattern after the other."""
        found = []
        for pattern in self._patterns:
            at = data.find(pattern)
            while at >= 0:
                found.append((at, at + len(pattern)))
                at = data.find(pattern, at + 1)
        return found

    def _windows(self, data: bytes) -> Spans:
        """Look at each place whether a pattern begins there, however many they are."""
        found = []
        begins = self._by_begin
        for at in range(len(data) - PROBE + 1):
            if (window := data[at : at + PROBE]) in begins:
                lengths = [len(p) for p in begins[window] if data.startswith(p, at)]
                found += [(at, at + length) for length in lengths[:1]]
        return found

    def begun_at(self, data: bytes) -> int:
        """Return where the longest end of data begins that may become a pattern; its
        length where there is none."""
        return min(
            (self._begun_at(pattern, data) for pattern in self._patterns),
            default=len(data),
        )

    @staticmethod
    def _begun_at(pattern: bytes, data: bytes) -> int:
        start = max(len(data) - len(pattern) + 1, 0)
        probe = pattern[:PROBE]
        at = data.find(probe, start)
        while at >= 0:
            if pattern.startswith(data[at:]):
                return at
            at = data.find(probe, at + 1)
        for at in range(max(len(data) - PROBE + 1, start), len(data)):
            if pattern.startswith(data[at:]):
                return at
        return len(data)


def _merged(spans: Spans) -> Spans:
    merged: Spans = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class Masker:
    """One stream. What may be the beginning of a secret is held back until more comes,
    and nothing else is: at most one byte less than the longest pattern."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._held = b""
        # How much of what is held belongs to a find whose dots are out already.
        self._covered = 0

    def feed(self, block: bytes) -> bytes:
        """Take what was printed; returns what can be shown by now."""
        data = self._held + block
        keep = self._matcher.begun_at(data)
        shown, self._covered = self._mask(data, keep)
        self._held = data[keep:]
        return shown

    def finish(self) -> bytes:
        """Return what was held back: nothing more comes."""
        shown, _covered = self._mask(self._held, len(self._held))
        self._held, self._covered = b"", 0
        return shown

    def _mask(self, data: bytes, upto: int) -> tuple[bytes, int]:
        """Mask the part of data up to there; returns it, and how much of the rest is
        covered by dots that stand in it."""
        out = []
        at = self._covered
        for start, end in self._matcher.spans(data):
            if start >= upto and start >= at:
                break
            if start >= at:
                out += [data[at:start], MASK]
            at = max(at, end)
        out.append(data[at:upto])
        return b"".join(out), max(at - upto, 0)


class OutputMask:
    """All streams of one run: each by itself, and as they stand in the log together.

    A secret whose beginning came from one stream and its end from another is found in
    the log all the same; its end gives way to dots there.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._matcher = Matcher(patterns_of(values))
        self._maskers: dict[str, Masker] = {}
        # The end of the log, and how much of it is of the stream that came last.
        self._tail = b""
        self._last = ""
        self._of_last = 0

    def feed(self, stream: str, block: bytes) -> bytes:
        """Take what a stream printed; returns what can be shown of it by now."""
        if stream not in self._maskers:
            self._maskers[stream] = Masker(self._matcher)
        return self._joined(stream, self._maskers[stream].feed(block))

    def finish(self, stream: str) -> bytes:
        """Return what is held back of a stream that has ended."""
        if stream not in self._maskers:
            return b""
        return self._joined(stream, self._maskers[stream].finish())

    def text(self, text: str) -> str:
        """Return text, all of which is there, with dots for secrets."""
        masker = Masker(self._matcher)
        data = text.encode("utf-8", "surrogatepass")
        shown = masker.feed(data) + masker.finish()
        return shown.decode("utf-8", "surrogatepass")

    def _joined(self, stream: str, shown: bytes) -> bytes:
        if not shown:
            return shown
        if stream != self._last:
            self._last, self._of_last = stream, 0
        reach = max(self._matcher.longest - 1, 0)
        if self._of_last < reach:
            shown = self._without_end(shown, reach)
        self._of_last += len(shown)
        self._tail = (self._tail + shown[-reach:])[-reach:] if reach else b""
        return shown

    def _without_end(self, shown: bytes, reach: int) -> bytes:
        """Put dots where what is shown would end a secret that the log begins."""
        border = len(self._tail)
        spans = self._matcher.spans(self._tail + shown[:reach])
        ends = [end for start, end in spans if start < border < end]
        return MASK + shown[max(ends) - border :] if ends else shown
