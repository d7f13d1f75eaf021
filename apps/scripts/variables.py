"""Which variables a header may set, and by which it may give a secret."""

from __future__ import annotations

import re
from typing import Any

from apps.scripts.header_values import Wrong, boolean, shown

MAX_VARIABLES = 64
MAX_VALUE_BYTES = 4 * 1024

NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,127}")
# What a script finds there is the hub's to say.
HUB_PREFIX = "HUB_"
OF_THE_HUB = {
    "PATH",
    "HOME",
    "TMPDIR",
    "DATA_DIR",
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
}
# What decides which code is loaded before the first line of the script: it would bring
# in what the hub keeps away from scripts, or undo that.
LOADING = {
    "LD_PRELOAD",
    "LD_AUDIT",
    "DYLD_INSERT_LIBRARIES",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONINSPECT",
    "BASH_ENV",
    "ENV",
    "PERL5OPT",
    "PERL5LIB",
    "RUBYOPT",
    "RUBYLIB",
    "NODE_OPTIONS",
    "JAVA_TOOL_OPTIONS",
}
# A header is written by whoever writes the script; a secret's value comes from whoever
# runs it, so it gets into no variable that any loader, shell or interpreter obeys.
OBEYED_PREFIXES = ("LD_", "DYLD_", "PYTHON", "PERL", "RUBY", "NODE_", "BASH_", "GIT_")
OBEYED = {
    "IFS",
    "PS4",
    "SHELLOPTS",
    "BASHOPTS",
    "CDPATH",
    "GLOBIGNORE",
    "PROMPT_COMMAND",
}


def variables(value: Any) -> dict[str, str]:
    """The table `environment`: names and texts."""
    if not isinstance(value, dict):
        raise Wrong('must be a table of names and texts, such as {REGION = "eu"}.')
    if len(value) > MAX_VARIABLES:
        raise Wrong(f"has {len(value)} variables; at most {MAX_VARIABLES} are taken.")
    for name, text in value.items():
        _check_name(name)
        _check_value(name, text)
    return dict(value)


def secret_variable(value: Any) -> str:
    """The variable in which a script is given a secret."""
    _check_name(value)
    if value.startswith(OBEYED_PREFIXES) or value in OBEYED:
        raise Wrong(
            f"must not be {value}: whoever runs the script could change with it what "
            "its interpreter does. Use a name of the script's own, such as DB_PASSWORD."
        )
    return str(value)


def way_of_secret(value: Any) -> bool | dict[str, Any]:
    """`secret`: true, or a table that says the way as well."""
    if not isinstance(value, dict):
        return bool(boolean(value))
    checks = {"env": secret_variable, "stdin": boolean}
    if len(value) != 1 or not value.keys() <= checks.keys():
        raise Wrong('must be true, {env = "NAME"} or {stdin = true}.')
    [(key, way)] = value.items()
    try:
        return {key: checks[key](way)}
    except Wrong as exc:
        raise Wrong(f"has a wrong {key}: it {exc}") from exc


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Wrong(
            "must name variables in capital letters, digits and underscores, such as "
            f"DB_HOST; got {shown(name)}."
        )
    if name.startswith(HUB_PREFIX) or name in OF_THE_HUB:
        raise Wrong(f"must not set {name}, which the hub sets; use another name.")
    if name in LOADING:
        raise Wrong(
            f"must not set {name}, which decides what code is loaded; do it in the "
            "script itself."
        )


def _check_value(name: str, text: Any) -> None:
    if not isinstance(text, str):
        raise Wrong(f"must have texts in quotes; {name} is {shown(text)}.")
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_VALUE_BYTES:
        raise Wrong(
            f"has {size} bytes in {name}; at most {MAX_VALUE_BYTES} are taken. Put "
            "long values in a file."
        )
    if not text.replace("\n", "").replace("\t", "").isprintable():
        raise Wrong(f"must hold no control characters; take them out of {name}.")
