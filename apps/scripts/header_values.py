"""What the keys of a header may hold, each checked by a function of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from apps.scripts.header import TABLE

TIMEOUT_MAX_S = 7 * 86400
MAX_RUNNING = 1000
MAX_CHOICES = 200

QUEUE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
INTERPRETER = re.compile(r"/?[A-Za-z0-9_+.-]+(/[A-Za-z0-9_+.-]+)*")

Scalar = str | int | float | bool


class Wrong(Exception):
    """A value is not what its key takes; the message continues "<key> "."""


Check = Callable[[Any], Any]


def text_of(limit: int, *, lines: bool = False) -> Check:
    """Printable text of 1 to `limit` characters; of several lines if `lines`."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            raise Wrong(f"must be text of 1 to {limit} characters, in quotes.")
        bare = value.replace("\n", "").replace("\t", "") if lines else value
        if not bare.isprintable():
            raise Wrong("must hold no control characters; take them out.")
        return value.strip()

    return check


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"must be true or false, got {shown(value)}.")
    return value


def timeout(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= TIMEOUT_MAX_S:
        raise Wrong(
            f"must be a whole number of seconds from 1 to {TIMEOUT_MAX_S}, got "
            f"{shown(value)}; for ten minutes write 600."
        )
    return value


def max_running(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= MAX_RUNNING:
        raise Wrong(
            f"must be a whole number from 1 to {MAX_RUNNING}, got {shown(value)}; "
            "for no limit leave it out."
        )
    return value


def name_of(what: str, example: str) -> Check:
    """The name of a queue or group."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or not QUEUE_NAME.fullmatch(value):
            raise Wrong(
                f"must be the name of a {what}: up to 63 lower-case letters, digits, "
                f"'-' and '_', such as \"{example}\"; got {shown(value)}."
            )
        return value

    return check


def interpreter(value: Any) -> str:
    if (
        not isinstance(value, str)
        or not INTERPRETER.fullmatch(value)
        or len(value) > 255
        or ("/" in value and not value.startswith("/"))
    ):
        raise Wrong(
            'must be one program without arguments: a name such as "bash", or an '
            f"absolute path; got {shown(value)}."
        )
    return value


def list_of(check: Check, limit: int) -> Check:
    """A list of at most `limit` different values that each pass `check`."""

    def check_list(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise Wrong(f"must be a list of at most {limit} values in square brackets.")
        items = []
        for number, item in enumerate(value, start=1):
            try:
                items.append(check(item))
            except Wrong as exc:
                raise Wrong(f"has a wrong value (number {number}): it {exc}") from exc
        return tuple(items)

    return check_list


def glob(value: Any) -> str:
    text: str = text_of(200)(value)
    parts = text.split("/")
    if text.startswith(("/", "~")) or ".." in parts or "\\" in text:
        raise Wrong(
            "must be a pattern relative to the data folder, without '..', such as "
            f'"out/*.json"; got {shown(value)}.'
        )
    # What Path.glob refuses: a pattern that names nothing, "**" with something beside.
    if not set(parts) - {"", "."} or any("**" in p and p != "**" for p in parts):
        raise Wrong(
            'must name files, with "**" alone between slashes, such as '
            f'"out/**/*.json"; got {shown(value)}.'
        )
    return text


def pattern(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or len(value) > 500:
        raise Wrong("must be a regular expression of 1 to 500 characters, in quotes.")
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as exc:
        raise Wrong(f"is not a valid regular expression: {exc}.") from exc
    return value


def one_of(names: tuple[str, ...]) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in names:
            raise Wrong(f"must be one of {', '.join(names)}; got {shown(value)}.")
        return value

    return check


def number(value: Any) -> int | float:
    if isinstance(value, float) and math.isfinite(value):
        return value
    # TOML's own range; larger ones would not survive every JSON reader either.
    if type(value) is int and -(2**63) <= value < 2**63:
        return value
    raise Wrong(f"must be a number, got {shown(value)}.")


def scalar(value: Any) -> Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, str) and "\0" not in value:
        return value
    raise Wrong(f"must be text in quotes, a number, true or false; got {shown(value)}.")


def choices(value: Any) -> tuple[Scalar, ...]:
    given: tuple[Scalar, ...] = list_of(scalar, MAX_CHOICES)(value)
    if not given:
        raise Wrong("must not be empty; name the values that may be chosen.")
    # True equals 1 in Python, but not in JSON.
    if len({(type(choice), choice) for choice in given}) < len(given):
        raise Wrong("names the same value twice; take one of them out.")
    return given


def default(value: Any) -> Scalar | tuple[Scalar, ...]:
    if isinstance(value, list):
        items: tuple[Scalar, ...] = list_of(scalar, MAX_CHOICES)(value)
        return items
    return scalar(value)


def tables(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(f"must be tables: write [{TABLE}.parameters.<name>] for each one.")
    return value


def shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    try:
        text = repr(value)
    except ValueError:
        # An integer too long for Python to print.
        return "a huge number"
    return text if len(text) <= 60 else f"{text[:60]}…"
