"""What a script's header says of how it is run from a form."""

from __future__ import annotations

from apps.scripts.models import Script


def confirm_of(script: Script) -> str:
    """The question that is to be answered before the script runs; empty: none."""
    return getattr(script, "confirm", "") or ""


def dry_run_of(script: Script) -> str:
    """The switch that makes a run a rehearsal; empty: the script has none."""
    name = getattr(script, "dry_run", "") or ""
    return name if name in script.parameters_schema.get("properties", {}) else ""
