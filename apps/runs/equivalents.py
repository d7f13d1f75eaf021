"""One run in other words: its command line, as a request, as a shell command, as a link.

Each line can be pasted into a terminal as it stands: every value is quoted for a POSIX
shell, whatever it holds. A secret is nowhere in them; dots stand in its place.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from apps.scripts.parameters import ordered_fields, render_argv
from apps.scripts.secrecy import HIDDEN, hidden, is_secret
from apps.scripts.texts import to_text

PATH = "…"
# gunicorn refuses a request's first line beyond 4094 bytes, and so do most proxies.
MAX_LINK = 3500

Schema = Mapping[str, Any]
Values = Mapping[str, Any]


def is_file(about: Mapping[str, Any]) -> bool:
    """Whether a parameter's value names something that was uploaded for it."""
    return bool(about.get("x-hub", {}).get("file"))


def without_secrets(schema: Schema, values: Values) -> dict[str, Any]:
    """Return the values that may be shown."""
    fields = schema.get("properties", {})
    return {
        name: value
        for name, value in values.items()
        if not is_secret(fields.get(name, {}))
    }


def file_ids(schema: Schema, values: Values) -> list[str]:
    """Return the ids of the uploads that values name."""
    fields = schema.get("properties", {})
    named = [value for name, value in values.items() if is_file(fields[name])]
    return [one for value in named for one in _items(value)]


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _path(name: str, value: Any, files: Mapping[str, str]) -> Any:
    """Where a worker puts files, in the script's work folder."""
    paths = [f"inputs/{name}/{files.get(one, '…')}" for one in _items(value)]
    return paths if isinstance(value, list) else paths[0]


def command_line(
    script_name: str,
    schema: Schema,
    values: Values,
    files: Mapping[str, str] | None = None,
) -> str:
    """Return what a worker runs: the script and its arguments, quoted for a shell.

    A secret that is given as a variable stands before it, as a shell would set it; one
    that is given on standard input is none of its arguments. `files` are the names of
    uploads by their ids. Raises NotRenderable.
    """
    fields = schema.get("properties", {})
    values = {
        name: _path(name, value, files or {}) if is_file(fields[name]) else value
        for name, value in values.items()
    }
    variables = [
        f"{hub['env']}={HIDDEN}"
        for name, about in ordered_fields(schema)
        if name in values and is_secret(about) and "env" in (hub := about["x-hub"])
    ]
    argv = render_argv(schema, without_secrets(schema, values))
    return " ".join([*variables, shlex.join([script_name, *argv])])


def curl_line(address: str, script_name: str, schema: Schema, values: Values) -> str:
    """Return the request that starts the same run; $TOKEN is the caller's to set."""
    body = {"script_name": script_name, "parameters": hidden(schema, values)}
    words = ["curl", "-X", "POST", address, "-H", "Content-Type: application/json"]
    quoted = [shlex.join(words), '-H "Authorization: Bearer $TOKEN"']
    return " ".join([*quoted, "--data-raw", shlex.quote(_json(body))])


def manage_line(script_name: str, schema: Schema, values: Values) -> str | None:
    """Return the shell command that starts the same run on the hub's own host.

    None where a value is not to be said in words: a list without items is not.
    """
    fields = schema.get("properties", {})
    # Asked for in the terminal: everybody on the host may read a command line.
    secrets = [f"--secret={name}" for name in values if is_secret(fields[name])]
    words = ["python", "manage.py", "run", *secrets]
    # A name may begin with a dash, and would be taken for an option.
    words += ["--"] if script_name.startswith("-") else []
    words.append(script_name)
    # A file has a path there, which nobody here knows.
    shown = {
        name: [PATH for _one in _items(value)] if is_file(fields[name]) else value
        for name, value in without_secrets(schema, values).items()
    }
    pairs = _pairs(schema, shown)
    if pairs is None:
        return None
    return shlex.join([*words, *(f"{name}={text}" for name, text in pairs)])


def link(address: str, schema: Schema, values: Values) -> str | None:
    """Return the form's address with these values filled in, without secrets and files.

    None where it would be too long for a link, or a value is not to be said in one.
    """
    pairs = _pairs(schema, _to_keep(schema, values))
    if pairs is None:
        return None
    found = f"{address}?{urlencode(pairs)}" if pairs else address
    return found if len(found) <= MAX_LINK else None


def task_link(
    address: str, script_id: int, schema: Schema, values: Values
) -> str | None:
    """Return the address at which these values become a task; None: it is too long."""
    shown = json.dumps(_to_keep(schema, values), ensure_ascii=False, indent=2)
    query = urlencode({"script": script_id, "parameters": shown})
    found = f"{address}?{query}"
    return found if len(found) <= MAX_LINK else None


def _to_keep(schema: Schema, values: Values) -> dict[str, Any]:
    """Return the values that may stand in an address."""
    fields = schema.get("properties", {})
    shown = without_secrets(schema, values)
    return {name: value for name, value in shown.items() if not is_file(fields[name])}


def _pairs(schema: Schema, values: Values) -> list[tuple[str, str]] | None:
    """Return names and words, a list's name once for each item."""
    pairs: list[tuple[str, str]] = []
    for name, about in ordered_fields(schema):
        if name not in values:
            continue
        text = to_text(name, about, values[name])
        if text is None or text == []:
            return None
        pairs += [(name, text)] if isinstance(text, str) else [(name, t) for t in text]
    return pairs


def _json(body: Any) -> str:
    """JSON as people read it; what does not print is escaped, so that it is seen."""
    text = json.dumps(body, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
