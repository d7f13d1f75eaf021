"""Secrets among the values of parameters: which they are, and what is shown of them.

A stored secret is no value but the mark STORED; its ciphertext is kept elsewhere. What
people see in its place are the dots of HIDDEN. Pure: everything here needs a schema
and values alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.scripts.commands import ordered_fields

HIDDEN = "\N{BULLET}" * 6
# What stands among stored parameters. No parameter takes an object, so nothing that
# somebody gives is ever mistaken for it.
STORED = {"secret": "stored"}
# What is shorter would be found in every other line of a log, and masked there.
MIN_CHARACTERS = 4


def is_secret(field: Mapping[str, Any]) -> bool:
    """Whether a property of a schema is a secret."""
    return bool(field.get("x-hub", {}).get("kind") == "secret")


def secret_names(schema: Mapping[str, Any]) -> list[str]:
    """Return the names of the secrets of a script, in its order."""
    return [name for name, field in ordered_fields(schema) if is_secret(field)]


def stands_for_stored(value: object) -> bool:
    """Whether a value says no more than that a secret is kept: the mark, or the dots
    in which it was shown."""
    return value in (STORED, HIDDEN)


def hidden(schema: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as people may see them, with dots in the place of secrets.

    Of stored values and of those that somebody has just given.
    """
    names = {name for name in secret_names(schema) if name in values}
    return veiled(values) | dict.fromkeys(names, HIDDEN)


def veiled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return stored values with dots for each secret that is kept, whatever the schema
    says by now."""
    return {
        name: HIDDEN if value == STORED else value for name, value in values.items()
    }
