"""The inline header of a script: the block of PEP 723 and the TOML in it.

The block may stand in any file whose comments begin with `#`:

    # /// script
    # [tool.automation-hub]
    # title = "Disk usage"
    # ///
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

TOOL = "automation-hub"
TABLE = f"tool.{TOOL}"

OPENING = re.compile(r"# /// ([a-zA-Z0-9-]+)")
CLOSING = "# ///"
# What a TOML parser needs for a key grows with the square of its parts.
MAX_HEADER_BYTES = 64 * 1024
MAX_DOTS = 500
TOML_POSITION = re.compile(r" \(at line (\d+), column \d+\)$")
# Neither may be tried in more than one way: a header is whatever somebody wrote.
TABLE_LINE = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(#.*)?")
KEY_LINE = re.compile(r"""\s*(["']?)([^"'=\s.]+)\1\s*[=.]""")


class ManifestError(ValueError):
    """The header cannot be used. `str()` is the sentence, with the line if known."""

    def __init__(self, sentence: str, *, line: int | None = None) -> None:
        super().__init__(sentence if line is None else f"Line {line}: {sentence}")
        self.line = line


@dataclass(frozen=True)
class Block:
    """The comment lines between the markers, without their `# `."""

    lines: tuple[str, ...]
    # Of the opening marker, counted from 1.
    line: int


@dataclass(frozen=True)
class Header:
    """The table [tool.automation-hub] and where it stands in the file."""

    table: dict[str, Any]
    block: Block
    # All that the block says, the table included.
    document: dict[str, Any]
    # Whether the table is there at all; without it, `table` is empty.
    has_table: bool = True

    def line_of(self, table: str, key: str | None = None) -> int | None:
        """Return the line where a table, or a key of it, is written; None if unsure.

        `table` is the dotted name, `tool.automation-hub.parameters.limit`.
        """
        tables, keys = self._places
        if key is None:
            return tables.get((table, True))
        inner = f"{table}.{key}"
        found = [tables.get((inner, True)), tables.get((inner, False))]
        found.append(keys.get((table, key)))
        return min((line for line in found if line is not None), default=None)

    @cached_property
    def _places(self) -> tuple[dict[tuple[str, bool], int], dict[tuple[str, str], int]]:
        """The lines of tables, by name and whether it is theirs or that of one within
        them; and those of keys, by table and name."""
        tables: dict[tuple[str, bool], int] = {}
        keys: dict[tuple[str, str], int] = {}
        current = ""
        for number, text in enumerate(self.block.lines, start=self.block.line + 1):
            if header := TABLE_LINE.fullmatch(text):
                current = re.sub(r"[\s\"']", "", header[1])
                tables.setdefault((current, True), number)
                for outer in _outer(current):
                    tables.setdefault((outer, False), number)
            elif written := KEY_LINE.match(text):
                keys.setdefault((current, written[2]), number)
        return tables, keys

    def line_of_text(self, text: str, start: int | None) -> int | None:
        """Return the line, from `start` on, where a text is written as it is."""
        first = self.block.line + 1
        for number, line in enumerate(self.block.lines, start=first):
            if number >= (start or first) and text in line:
                return number
        return start


def _outer(table: str) -> Iterator[str]:
    """Yield the names of the tables that one lies in."""
    while "." in table:
        table = table.rpartition(".")[0]
        yield table


def read_header(source: str) -> Header | None:
    """Return a script's header, None where there is none.

    Raises ManifestError for two script blocks, for TOML that cannot be read, and for a
    block with the hub's table that is never closed. Any other block without an end is
    passed over, as PEP 723 demands.
    """
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    blocks = list(_script_blocks(source.split("\n")))
    if not blocks:
        return None
    if len(blocks) > 1:
        raise ManifestError(
            f"There is a second '# /// script' block; the first is on line "
            f"{blocks[0].line}. Keep one of them.",
            line=blocks[1].line,
        )
    document = _parse(blocks[0])
    tools = document.get("tool", {})
    table = tools.get(TOOL) if isinstance(tools, dict) else None
    if table is None:
        return Header({}, blocks[0], document, has_table=False)
    header = Header(table, blocks[0], document)
    if not isinstance(table, dict):
        raise ManifestError(
            f"{TABLE} must be a table: write [{TABLE}] on a line of its own.",
            line=header.line_of("tool", TOOL),
        )
    return header


def _script_blocks(lines: list[str]) -> Iterator[Block]:
    # The reference expression of PEP 723, read line by line: a block reaches to the
    # last closing marker of its comment lines, and what has none is not a block.
    number = 0
    while number < len(lines):
        opening = OPENING.fullmatch(lines[number])
        number += 1
        if opening is None:
            continue
        stop = _end_of_comment(lines, number)
        closing = _last_closing(lines, number, stop)
        if closing is None:
            # What opens further down in the same comment has no end either.
            _refuse_unclosed(lines, number, stop, opening[1])
            number = stop
            continue
        if opening[1] == "script":
            content = tuple(line[2:] for line in lines[number:closing])
            yield Block(content, number)
        number = closing + 1


def _end_of_comment(lines: list[str], start: int) -> int:
    stop = start
    while stop < len(lines) and (lines[stop] == "#" or lines[stop].startswith("# ")):
        stop += 1
    return stop


def _last_closing(lines: list[str], start: int, stop: int) -> int | None:
    # One line at least stands between the markers, or it is not a block.
    for number in range(stop - 1, start, -1):
        if lines[number] == CLOSING:
            return number
    return None


def _refuse_unclosed(lines: list[str], start: int, stop: int, kind: str) -> None:
    if kind != "script":
        return
    if any(line.startswith(f"# [{TABLE}") for line in lines[start:stop]):
        raise ManifestError(
            "The block '# /// script' has no end: write a line '# ///' after its last "
            "line, with every line between beginning with '# '.",
            line=start,
        )


def _check_size(block: Block, text: str) -> None:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_HEADER_BYTES:
        raise ManifestError(
            f"The header has {size} bytes; at most {MAX_HEADER_BYTES} are read. Shorten "
            "it.",
            line=block.line,
        )
    for number, line in enumerate(block.lines, start=block.line + 1):
        if line.count(".") > MAX_DOTS:
            raise ManifestError(
                f"The header has more than {MAX_DOTS} dots on one line; write it on "
                "several.",
                line=number,
            )


def _parse(block: Block) -> dict[str, Any]:
    text = "\n".join(block.lines) + "\n"
    _check_size(block, text)
    try:
        return tomllib.loads(text)
    except ValueError as exc:
        # tomllib.TOMLDecodeError, or what int() says of a number without end.
        said = str(exc)
        position = TOML_POSITION.search(said)
        line = block.line + int(position[1]) if position else None
        reason = TOML_POSITION.sub("", said)
        raise ManifestError(
            f"The header is not valid TOML: {reason}. Correct it, or take the block "
            "'# /// script' out.",
            line=line,
        ) from exc
    except RecursionError as exc:
        raise ManifestError(
            "The header is nested too deeply; write it flat.", line=block.line
        ) from exc
