"""Runs as a table for spreadsheet programs: CSV, written while it is read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.runs import sentences
from apps.runs.rows import duration_s
from apps.scripts.models import Script
from apps.scripts.secrecy import hidden

MOST_EXPORTED = 100_000
# Spreadsheet programs take a file without it for one of their own country's.
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
# What a spreadsheet program would calculate; a Chinese or Japanese one the wide ones too.
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MOMENTS: tuple[str, ...] = ("scheduled_for", "queued_at", "began_at", "finished_at")
# Columns whose values are written as they are.
PLAIN: tuple[str, ...] = (
    "script_name",
    "status",
    "reason",
    "exit_code",
    "signal",
    "trigger",
    "queue",
)
PLAIN += ("worker", "attempt", "cpu_s", "max_rss_bytes", "note")
HEADINGS: tuple[str, ...] = (
    "run_id",
    "task",
    *PLAIN[:3],
    "message",
    "error",
    *PLAIN[3:6],
)
HEADINGS += ("requested_by", "schedule", *MOMENTS, "duration_s", *PLAIN[6:])
HEADINGS += ("parameters",)


def export(batches: Iterable[Sequence[Mapping[str, Any]]]) -> StreamingHttpResponse:
    """Return batches of `searching.ROWS` as a file; of more than MOST_EXPORTED its
    last line says that there are more."""
    language = translation.get_language() or "en"
    name = f"runs-{timezone.now():%Y%m%d-%H%M%S}.csv"
    return StreamingHttpResponse(
        _pieces(batches, language),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pieces(
    batches: Iterable[Sequence[Mapping[str, Any]]], language: str
) -> Iterator[str]:
    yield MARK + _text([HEADINGS])
    count = 0
    schemas: dict[int | None, Mapping[str, Any]] = {None: {}}
    for batch in batches:
        _learn(schemas, batch)
        room = MOST_EXPORTED - count
        # Whoever asked has left the thread its language by now.
        with translation.override(language):
            text = _text([_cells(row, schemas) for row in batch[:room]])
            if len(batch) > room:
                text += _text([[_too_many()]])
        yield text
        count += len(batch)
        if count > MOST_EXPORTED:
            return


def _too_many() -> str:
    return _("There are more: only the newest %(most)s are in this file.") % {
        "most": f"{MOST_EXPORTED:,}"
    }


def _learn(
    schemas: dict[int | None, Mapping[str, Any]], batch: Sequence[Mapping[str, Any]]
) -> None:
    """Add what the scripts of a batch take by now."""
    unknown = {row["script"] for row in batch} - schemas.keys()
    if unknown:
        found = Script.objects.filter(pk__in=unknown).order_by()
        schemas |= found.values_list("pk", "parameters_schema")


def _cells(
    row: Mapping[str, Any], schemas: Mapping[int | None, Mapping[str, Any]]
) -> list[Any]:
    # With dots in the place of secrets, and of what has become one.
    shown = hidden(schemas.get(row["script"], {}), row["parameters"])
    values = {
        **{name: row[name] for name in (*PLAIN, "schedule")},
        **{name: _moment(row[name]) for name in MOMENTS},
        "run_id": str(row["id"]),
        "task": row["task_name"],
        "message": sentences.message(row),
        "error": row["fingerprint"],
        "requested_by": row["requested_by_name"],
        "duration_s": duration_s(row),
        "parameters": json.dumps(shown, ensure_ascii=False),
    }
    return [_cell(values[name]) for name in HEADINGS]


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _cell(value: Any) -> Any:
    """Return a value as it is written; text never as something to calculate."""
    if isinstance(value, str) and value.startswith(FORMULAS):
        return f"'{value}"
    return value


def _text(rows: Iterable[Sequence[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()
