"""What an environment is of, and the key by which it is found again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache

# Whatever changes in how environments are made makes other ones of the same sets.
FORMAT = 1
_KEY_CHARS = 32


@dataclass(frozen=True)
class Wanted:
    """A set of dependencies: requirements in their one spelling, sorted, no two alike.

    `fits_here`: whether `requires_python`, "" for any, lets this interpreter in.
    """

    requirements: tuple[str, ...]
    requires_python: str = ""
    fits_here: bool = True

    @property
    def key(self) -> str:
        """The name of its environment on hosts like this one."""
        facts = [
            FORMAT,
            sorted(set(self.requirements)),
            self.requires_python,
            _interpreter(),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:_KEY_CHARS]

    def __str__(self) -> str:
        count = len(self.requirements)
        words = f"{count} {'dependency' if count == 1 else 'dependencies'}"
        if self.requires_python:
            words += f", Python {self.requires_python}"
        return words


def base_python() -> str:
    """The interpreter below this process's own environment: environments do not nest.

    One made of a virtual environment's interpreter would break with that environment.
    """
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


@cache
def _interpreter() -> list[str]:
    """What has to be the same for an environment to work: several hosts may share it."""
    return [
        sys.implementation.name,
        platform.python_version(),
        # Also tells one C library from another.
        str(sysconfig.get_config_var("SOABI")),
        sysconfig.get_platform(),
        base_python(),
    ]
