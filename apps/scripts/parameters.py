"""What a script takes, as one JSON Schema: read, checked, converted and rendered.

The schema (draft 2020-12) has a property for each parameter, keyed by argparse's dest;
it is plain JSON, stored with the script and served by the API. Everything that checks
or renders values needs the schema alone: see `declaration` for its `x-hub` annotations.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from apps.scripts.assembly import (
    EXTRA,
    Level,
    assemble,
    extra_field,
    levels_of,
    without_secrets,
)
from apps.scripts.commands import JsonObject, chosen, ordered_fields
from apps.scripts.fields import Field
from apps.scripts.input_overlays import check_references
from apps.scripts.manifest import Manifest, did_you_mean, parameter_error
from apps.scripts.overlays import Overlay, declared_field, dry_run_of
from apps.scripts.problems import MESSAGES, NOTES, Note, Problem, english
from apps.scripts.reader.command_lines import read_command_line
from apps.scripts.reader.parsers import CommandLine
from apps.scripts.reader.trees import parse
from apps.scripts.rendering import (
    NotRenderable,
    render_argv,
)
from apps.scripts.validation import (
    MAX_BYTES,
    MAX_BYTES_TOGETHER,
    MAX_PARAMETERS,
    convert,
    validate,
)

__all__ = [
    "MAX_BYTES",
    "MAX_BYTES_TOGETHER",
    "MAX_PARAMETERS",
    "MESSAGES",
    "NOTES",
    "Declaration",
    "NotRenderable",
    "Note",
    "ParametersError",
    "Problem",
    "SyntaxProblem",
    "chosen",
    "convert",
    "english",
    "ordered_fields",
    "read_parameters",
    "render_argv",
    "validate",
]

# Notes on arguments that were read, but for one thing.
PARTIAL_NOTES = {"choices", "choices_type", "required", "type", "bare"}
PARTIAL_NOTES |= {"limits", "own_class", "hidden_input"}


@dataclass(frozen=True)
class Declaration:
    """What a script takes, and what of it could not be read."""

    schema: JsonObject
    notes: tuple[Note, ...] = ()
    # The dest of the switch that makes a rehearsal of a run; "" where there is none.
    dry_run: str = ""


class ParametersError(ValueError):
    """A script's parameters cannot be read at all; `str()` is the sentence."""


class SyntaxProblem(ParametersError):
    """A Python script that does not parse; `line` is None where Python names none."""

    def __init__(self, line: int | None, sentence: str) -> None:
        super().__init__(sentence if line is None else f"Line {line}: {sentence}")
        self.line = line


def read_parameters(
    source: str, *, language: Literal["python", "other"], manifest: Manifest
) -> Declaration:
    """Read what a script takes from its text, without running or importing it.

    For Python these are the arguments of its argparse parser, refined by the header;
    in other languages the header's tables are the declaration. Raises SyntaxProblem
    for Python that does not parse, and ManifestError for a header's table that does
    not fit what the code says.
    """
    if language == "other":
        return _declare(manifest)
    try:
        line = read_command_line(_parse(source))
        levels, notes = levels_of(line)
    except RecursionError as exc:
        raise _too_deep() from exc
    notes[:0] = line.notes
    own = levels[0].fields
    if _has_left_out(notes) and EXTRA not in own:
        # What could not be read may be given all the same, as one would type it.
        own[EXTRA] = extra_field()
    _refine(levels, manifest, notes)
    known = _known(levels)
    check_references(manifest, known)
    dry_run = dry_run_of(manifest, known, whole=not _has_left_out(notes))
    if manifest.dry_run and not dry_run:
        about = {"name": manifest.dry_run}
        notes.append(Note(manifest.dry_run_line or 1, "overlay", about))
    notes.sort(key=lambda note: note.line)
    schema = assemble([without_secrets(level) for level in levels])
    return Declaration(schema, tuple(notes), dry_run)


def _declare(manifest: Manifest) -> Declaration:
    fields = {}
    for name in manifest.parameters:
        fields[name] = declared_field(manifest, name)
        Overlay(manifest, fields[name]).declare()
    check_references(manifest, fields)
    schema = assemble([Level("", CommandLine(), fields)])
    return Declaration(schema, dry_run=dry_run_of(manifest, fields, whole=True))


def _known(levels: list[Level]) -> dict[str, Field]:
    return {name: one for level in levels for name, one in level.fields.items()}


def _refine(levels: list[Level], manifest: Manifest, notes: list[Note]) -> None:
    known = _known(levels)
    for name, table in manifest.parameters.items():
        for level in levels:
            if name in level.fields:
                Overlay(manifest, level.fields[name]).refine()
        if name in known:
            continue
        if table.secret:
            # No option of the script: it finds it in a variable or on standard input.
            levels[0].fields[name] = declared_field(manifest, name)
            Overlay(manifest, levels[0].fields[name]).declare()
        elif EXTRA in known:
            # It may be one of those that could not be read.
            notes.append(Note(table.line or 1, "overlay", {"name": name}))
        else:
            hint = did_you_mean(name, known)
            raise parameter_error(
                manifest, name, f"describes a parameter that the script has not{hint}"
            )


def _has_left_out(notes: list[Note]) -> bool:
    """Whether some of what the script takes could not be read at all."""
    return any(note.code not in PARTIAL_NOTES for note in notes)


def _parse(source: str) -> ast.Module:
    try:
        return parse(source)
    except SyntaxError as exc:
        raise SyntaxProblem(
            exc.lineno, f"This is not valid Python: {exc.msg}. Correct the script."
        ) from exc
    except ValueError as exc:
        raise SyntaxProblem(
            None, f"This is not Python source: {exc}. Correct the script."
        ) from exc
    except (RecursionError, MemoryError) as exc:
        raise _too_deep() from exc


def _too_deep() -> SyntaxProblem:
    return SyntaxProblem(
        None, "The script is nested too deeply to be read; write it flatter."
    )
