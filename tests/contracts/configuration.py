"""Writes docs/configuration.md, the table of all variables, from what the settings read.

`python -m tests.contracts.configuration` (or `make configuration`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from django.conf import settings

from automation_hub.env import VARIABLES, Variable

ROOT = Path(__file__).resolve().parents[2]
PATH = ROOT / "docs" / "configuration.md"
HEAD = """# Configuration

Everything that may differ between places comes from the environment. Made from the code
by `make configuration`; a test fails when it is stale.

- Each variable can also be given as `NAME_FILE`, the path of a file that holds the value
  (a mounted secret). Setting both is refused.
- An empty variable counts as unset.
- A value that cannot be read ends every service at start with one sentence. So does a
  secret (marked *) that still contains `CHANGE-ME`, as the examples have it.
- A variable whose name is one letter away from one of these is warned of at start
  (`hub.W007`).
- All services of one hub (portal, workers, setup) get the same values, but for `QUEUE`,
  `WORKERS`, `HEARTBEAT_FILE` and the web server's.

`manage.py check --deploy --fail-level WARNING` says what is dangerous; it is clean with
an https `PUBLIC_URL`.
"""


def variables() -> list[Variable]:
    """Return what the settings read, in their order; nothing that a test has read."""
    return [VARIABLES[name] for name in settings.HUB_VARIABLES]


def render() -> str:
    """Return the document."""
    parts = [HEAD]
    for title, found in groupby(variables(), key=lambda variable: variable.section):
        rows = "".join(_rows(found))
        parts.append(
            f"\n## {title}\n\n| variable | default | what it is |\n"
            f"| --- | --- | --- |\n{rows}"
        )
    return "".join(parts)


def _rows(found: Iterator[Variable]) -> Iterator[str]:
    for variable in found:
        mark = " *" if variable.secret else ""
        default = f"`{variable.default}`" if variable.default else ""
        kind = "" if variable.kind == "text" else f" ({variable.kind})"
        yield f"| `{variable.name}`{mark} | {default} | {variable.help}{kind} |\n"


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
    print(f"{PATH.relative_to(ROOT)}: {len(variables())} variables")
