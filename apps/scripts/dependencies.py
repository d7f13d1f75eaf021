"""What a script's header says it needs: `dependencies` and `requires-python` of PEP 723.

They stand at the top of the block, outside of any table:

    # /// script
    # requires-python = ">=3.11"
    # dependencies = ["httpx>=0.27", "rich"]
    # ///

Requirements are those of PEP 508. They are read here, far from pip: so that a wrong one
is named with its line, that no option of pip's or uv's passes as one, and that sets
which mean the same share one environment.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from apps.scripts.header import Header, ManifestError
from apps.scripts.pythons import NoVersions
from apps.scripts.pythons import normalise as normalise_versions

MAX_DEPENDENCIES = 100
MAX_CHARS = 500
KEYS = ("dependencies", "requires-python", "tool")

NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
REQUIREMENT = re.compile(
    rf"(?P<name>{NAME})\s*(?:\[(?P<extras>[^\]]*)\])?\s*"
    r"(?:@\s*(?P<url>\S+)|\((?P<in_brackets>[^;()]*)\)|(?P<versions>[^;@()]*))\s*"
    r"(?:;(?P<marker>.*))?"
)
EXTRA = re.compile(NAME)
VERSION = re.compile(r"(?P<op>~=|===|==|!=|<=|>=|<|>)\s*(?P<number>[A-Za-z0-9.*+!_-]+)")
MARKER_TOKEN = re.compile(
    r"\s*(?:'[^']*'|\"[^\"]*\"|[()]|~=|===?|!=|<=|>=|<|>|not\s+in\b|in\b|and\b|or\b|"
    r"(?:os_name|sys_platform|platform_machine|platform_python_implementation|"
    r"platform_release|platform_system|platform_version|python_version|"
    r"python_full_version|implementation_name|implementation_version|extra)\b)"
)
URL = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?(?:https|http|ssh|file)://\S+")
# A token may stand where the user's name does; of ssh that is a name.
PASSWORD = re.compile(r"://[^/?#@]*:[^/?#@]*@|https?://[^/?#@]+@")
PATH = re.compile(r"(?:\.{0,2}/|~|\w:\\).*|.*\.(?:whl|zip|tar\.gz|txt)", re.DOTALL)


class NoRequirement(ValueError):
    """The text is no requirement; the message ends a sentence."""


@dataclass(frozen=True)
class Dependencies:
    """As written, for people; `normalise` makes of them what an environment is of."""

    requirements: tuple[str, ...] = ()
    requires_python: str = ""


def read_dependencies(header: Header) -> Dependencies:
    """Return what the top of the block asks for. Raises ManifestError with the line."""
    for key in header.document:
        close = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.75)
        if key not in KEYS and close:
            raise ManifestError(
                f"The header has an unknown key '{key}'; did you mean '{close[0]}'?",
                line=header.line_of("", key),
            )
    return Dependencies(
        _read_list(header, header.document.get("dependencies", [])),
        _read_python(header, header.document.get("requires-python", "")),
    )


def _read_list(header: Header, value: Any) -> tuple[str, ...]:
    line = header.line_of("", "dependencies")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ManifestError(
            "dependencies must be a list of texts in square brackets, such as "
            '["httpx>=0.27"].',
            line=line,
        )
    if len(value) > MAX_DEPENDENCIES:
        raise ManifestError(
            f"dependencies has {len(value)} entries; {MAX_DEPENDENCIES} are allowed.",
            line=line,
        )
    for item in value:
        try:
            normalise(item)
        except NoRequirement as exc:
            raise ManifestError(
                f"dependencies: {exc}.", line=header.line_of_text(item, line)
            ) from exc
    return tuple(item.strip() for item in value)


def _read_python(header: Header, value: Any) -> str:
    line = header.line_of("", "requires-python")
    if value == "" and line is None:
        return ""
    if not isinstance(value, str):
        raise ManifestError(
            'requires-python must be text in quotes, such as ">=3.11".', line=line
        )
    try:
        if len(value) > MAX_CHARS:
            raise NoVersions(f"it has {len(value)} characters; {MAX_CHARS} are allowed")
        normalise_versions(value)
    except NoVersions as exc:
        raise ManifestError(
            f'requires-python: {exc}; write it as ">=3.11" or ">=3.11,<3.14".',
            line=line,
        ) from exc
    return value.strip()


def normalise(text: str) -> str:
    """Return a requirement in the one spelling that all that mean the same have.

    Raises NoRequirement.
    """
    text = text.strip()
    _refuse_what_is_none(text)
    found = REQUIREMENT.fullmatch(text)
    if found is None:
        raise _wrong(text)
    parts = [re.sub(r"[-_.]+", "-", found["name"]).lower()]
    if found["extras"] is not None:
        parts.append(_extras(text, found["extras"]))
    if found["url"]:
        parts.append(f" @ {_checked_url(found['url'])} ")
    else:
        parts.append(_versions(text, found["in_brackets"] or found["versions"] or ""))
    if found["marker"] is not None:
        parts.append(f"; {_marker(text, found['marker'])}")
    return "".join(parts).strip()


def _refuse_what_is_none(text: str) -> None:
    if not text or len(text) > MAX_CHARS or not text.isprintable():
        raise NoRequirement(
            f"each entry is 1 to {MAX_CHARS} characters on one line; got {text[:60]!r}"
        )
    if text.startswith("-"):
        raise NoRequirement(
            f"{text[:60]!r} is an option, and only requirements are allowed here; where "
            "packages come from is for the workers' settings to say (PIP_INDEX_URL, …)"
        )
    if PATH.fullmatch(text) and "@" not in text:
        raise NoRequirement(
            f"{text[:60]!r} is a path or file; write 'name @ file:///folder/file.whl'"
        )


def _wrong(text: str) -> NoRequirement:
    hint = "write a name and its versions, such as 'httpx>=0.27'"
    swapped = re.sub(r"(?<![<>=!~])=([<>])", r"\1=", text)
    swapped = re.sub(r"(?<![<>=!~])=(?![<>=])", "==", swapped)
    if swapped != text:
        hint = f"did you mean {swapped[:60]!r}?"
    # The caller ends the sentence.
    return NoRequirement(f"{text[:60]!r} is no requirement; {hint.rstrip('?')}")


def _extras(text: str, extras: str) -> str:
    names = [name.strip() for name in extras.split(",")]
    if names == [""]:
        return ""
    if not all(EXTRA.fullmatch(name) for name in names):
        raise _wrong(text)
    names = sorted({re.sub(r"[-_.]+", "-", name).lower() for name in names})
    return f"[{','.join(names)}]"


def _versions(text: str, versions: str) -> str:
    clauses = [clause.strip() for clause in versions.split(",")]
    if clauses == [""]:
        return ""
    if len(clauses) > 1 and not clauses[-1]:
        clauses.pop()
    found = [VERSION.fullmatch(clause) for clause in clauses]
    if not all(found):
        raise _wrong(text)
    return ",".join(sorted({f"{m['op']}{m['number']}" for m in found if m}))


def _checked_url(url: str) -> str:
    if PASSWORD.search(url):
        raise NoRequirement(
            "an address there holds a password, which everybody who may see the script "
            "could read; give it to the workers instead (a .netrc file, PIP_INDEX_URL)"
        )
    if not URL.fullmatch(url):
        raise NoRequirement(
            f"{url[:60]!r} is no address that a package can be had from; write it as "
            "'name @ https://…'"
        )
    return url


def _marker(text: str, marker: str) -> str:
    """Check the words of a marker; whether they make sense, the builder says."""
    place = 0
    while place < len(marker.rstrip()):
        token = MARKER_TOKEN.match(marker, place)
        if token is None:
            raise NoRequirement(
                f"{text[:60]!r} has a condition that cannot be read; write it as "
                "'name; python_version < \"3.12\"'"
            )
        place = token.end()
    if not place:
        raise _wrong(text)
    return " ".join(marker.split())
