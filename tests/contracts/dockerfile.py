"""Reads the Dockerfile and .dockerignore, for tests about them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.contracts.sources import ROOT

DOCKERFILE = ROOT / "Dockerfile"
FROM = re.compile(r"(?P<base>\S+) AS (?P<name>\S+)")


@dataclass
class Stage:
    """One stage: what it is made from, and its instructions in order."""

    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def values(self, word: str) -> list[str]:
        """Return what follows each instruction of this name."""
        return [value for name, value in self.instructions if name == word]


def dockerfile_text() -> str:
    """Return the whole file."""
    return DOCKERFILE.read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """Return every instruction as (NAME, rest), lines that go on joined."""
    lines = [
        line
        for line in dockerfile_text().splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    whole = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = [line.partition(" ") for line in whole.splitlines()]
    return [(name, rest.strip()) for name, _, rest in found]


def stages() -> dict[str, Stage]:
    """Return the stages by name, in order."""
    found: dict[str, Stage] = {}
    current = None
    for word, rest in instructions():
        if word == "FROM":
            match = FROM.fullmatch(rest)
            assert match, f"FROM {rest} has no name"
            current = found[match["name"]] = Stage(match["name"], match["base"])
        elif current:
            current.instructions.append((word, rest))
    return found


def lineage(name: str) -> list[Stage]:
    """Return the stages that a target is made of, its own last."""
    known = stages()
    chain = [known[name]]
    while chain[0].base in known:
        chain.insert(0, known[chain[0].base])
    return chain


def last(name: str, word: str) -> str:
    """Return the instruction of a target that is in force; "" where there is none."""
    values = [value for stage in lineage(name) for value in stage.values(word)]
    return values[-1] if values else ""


def command(name: str, word: str = "CMD") -> list[str]:
    """Return CMD or ENTRYPOINT of a target as the list it has to be."""
    value: list[str] = json.loads(last(name, word))
    return value


def health_check(name: str) -> list[str]:
    """Return the command of a target's HEALTHCHECK."""
    value: list[str] = json.loads(last(name, "HEALTHCHECK").partition(" CMD ")[2])
    return value


def environment(name: str) -> dict[str, str]:
    """Return the variables that a target sets."""
    pairs = [
        pair.partition("=")
        for stage in lineage(name)
        for value in stage.values("ENV")
        for pair in value.split()
    ]
    return {key: value for key, _, value in pairs}


def reaches_the_builder(path: Path) -> bool:
    """Say whether .dockerignore lets a file of the project through.

    The last pattern that covers it, or a folder it lies in, decides.
    """
    text = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    is_sent = True
    for line in filter(None, text.splitlines()):
        if not line.startswith("#") and _covers(line.removeprefix("!"), path):
            is_sent = line.startswith("!")
    return is_sent


def _covers(pattern: str, path: Path) -> bool:
    ways = [path, *path.parents][:-1]
    return any(_regex(pattern).fullmatch(way.as_posix()) for way in ways)


def _regex(pattern: str) -> re.Pattern[str]:
    parts = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    words = re.split(r"(\*\*/|\*|\?|\[[^]]+\])", pattern)
    return re.compile(
        "".join(
            w if w.startswith("[") and w.endswith("]") else parts.get(w) or re.escape(w)
            for w in words
        )
    )
