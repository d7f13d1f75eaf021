"""The secrets of one run, on their way to its script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.scripts.secrecy import is_secret


@dataclass(frozen=True)
class Delivery:
    """What the script is given besides its command line; never shown."""

    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stdin: bytes = field(default=b"", repr=False)
    # What is to be hidden in whatever comes of the run.
    secrets: tuple[str, ...] = field(default=(), repr=False)


def delivery_of(schema: Mapping[str, Any], values: Mapping[str, Any]) -> Delivery:
    """Return how the secrets among values, which are in the clear, are given."""
    env: dict[str, str] = {}
    stdin = ""
    found = []
    for name, about in schema.get("properties", {}).items():
        if name not in values or not is_secret(about):
            continue
        found.append(values[name])
        if about["x-hub"].get("stdin"):
            stdin = values[name]
        else:
            env[about["x-hub"]["env"]] = values[name]
    if stdin and not stdin.endswith("\n"):
        # As a file or a pipe has it: `read` in a shell fails at a line without an end.
        stdin += "\n"
    return Delivery(env, stdin.encode(), tuple(found))
