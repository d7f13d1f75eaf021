"""The environment of a script, built from nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping

PASSED_ON = (
    "TZ",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""All that a script gets of the worker's environment, besides PATH."""


def build_env(
    *, base: Mapping[str, str], extra: Mapping[str, str], python: bool = False
) -> dict[str, str]:
    """The whole environment of a script.

    From `base`, the worker's own, come PATH and what is in PASSED_ON, and nothing else:
    no secret key, no database. `extra` (HOME, TMPDIR, the hub's variables) is added
    last and wins. `python`: the script is one, so its output must not wait in a buffer
    and it must not leave bytecode beside itself.
    """
    env = {"PATH": base.get("PATH") or os.defpath, "LANG": "C.UTF-8"}
    env |= {name: base[name] for name in PASSED_ON if name in base}
    if python:
        env |= {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return env | dict(extra)
