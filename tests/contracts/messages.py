"""Collects what is to be translated and compiles it, without GNU gettext.

`python -m tests.contracts.messages` writes each catalogue below automation_hub/locale
anew: messages of the sources are added, those that went are dropped, translations stay.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Container, Iterator
from pathlib import Path

from babel.core import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("apps", "automation_hub", "templates")
CATALOGUES = "automation_hub/locale"
DEFAULT_LOCALES = ("zh_Hans",)
# Django's own names of the functions that mark a message.
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
TRANSLATOR_NOTES = ("Translators:",)
# What has no other words in any language, a line each with the reason.
NAMES = Path(__file__).with_name("names.txt")


def catalogue_paths(root: Path = ROOT) -> list[Path]:
    """Return the catalogues (.po) that there are."""
    return sorted((root / CATALOGUES).glob("*/LC_MESSAGES/django.po"))


def collect(root: Path = ROOT) -> Catalog:
    """Return the messages of all Python sources and templates below `root`."""
    found = Catalog(project="automation-hub")
    for path in _sources(root):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            text = _without_indents(templatize(text, origin=str(path)))
        file = io.BytesIO(text.encode("utf-8"))
        notes = TRANSLATOR_NOTES
        for line, message, comments, context in extract(
            "python", file, KEYWORDS, notes
        ):
            place = [(str(path.relative_to(root)), line)]
            found.add(message, None, place, auto_comments=comments, context=context)
    return found


def read(path: Path) -> Catalog:
    """Return a catalogue; its language is the name of its folder."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parents[1].name, abort_invalid=True)


def compiled(catalogue: Catalog) -> bytes:
    """Return what belongs into the catalogue's .mo file."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def names() -> set[str]:
    """Return the messages that may be left as they are; see names.txt."""
    lines = NAMES.read_text(encoding="utf-8").splitlines()
    return {line.partition("#")[0].strip() for line in lines} - {""}


def untranslated(catalogue: Catalog, same: Container[str]) -> list[str]:
    """Return a sentence for each message that only repeats its English."""
    return [
        f"Equal to its English, and not in {NAMES.name}: {english!r}."
        for message in _messages(catalogue)
        for english, text in pairs(message)
        if english.casefold() == text.casefold() and english not in same
    ]


def problems(catalogue: Catalog, found: Catalog) -> list[str]:
    """Return a sentence for all that keeps the catalogue from being complete."""
    sentences = [f"Not in the catalogue: {m.id!r}." for m in _lacking(found, catalogue)]
    sentences += [f"Not in the sources: {m.id!r}." for m in _lacking(catalogue, found)]
    sentences += untranslated(catalogue, names())
    for message in _messages(catalogue):
        texts = message.string if message.pluralizable else (message.string,)
        if message.fuzzy:
            sentences.append(f"Fuzzy: {message.id!r}.")
        if not all(texts):
            sentences.append(f"Not translated: {message.id!r}.")
        elif errors := message.check(catalogue):
            sentences += [f"{message.id!r}: {error}." for error in errors]
    return sentences


def update(root: Path = ROOT) -> list[Path]:
    """Write all catalogues (.po and .mo) anew and return the paths of the .po files."""
    found = collect(root)
    paths = catalogue_paths(root) or [
        root / CATALOGUES / name / "LC_MESSAGES" / "django.po"
        for name in DEFAULT_LOCALES
    ]
    for path in paths:
        catalogue = read(path) if path.exists() else _new(path.parents[1].name)
        # Otherwise each run would be a change.
        found.creation_date = catalogue.creation_date
        catalogue.update(found, no_fuzzy_matching=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(
                *(file, catalogue),
                sort_output=True,
                ignore_obsolete=True,
                include_lineno=False,
            )
        path.with_suffix(".mo").write_bytes(compiled(read(path)))
    return paths


def _new(locale: str) -> Catalog:
    title = Locale.parse(locale).english_name
    return Catalog(
        locale=locale,
        project="automation-hub",
        fuzzy=False,
        header_comment=f"# automation-hub in {title}. Written by: make messages",
    )


def _sources(root: Path) -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and path.is_file():
                yield path


def _without_indents(text: str) -> str:
    """What is left of a template is not Python's indentation."""
    return "\n".join(line.lstrip() for line in text.splitlines())


def pairs(message: Message) -> list[tuple[str, str]]:
    """Return each English form with its translation; a plural's may be fewer."""
    if message.pluralizable:
        return [(english, text) for english in message.id for text in message.string]
    return [(message.id, message.string)]


def _messages(catalogue: Catalog) -> list:
    return [message for message in catalogue if message.id]


def _lacking(these: Catalog, others: Catalog) -> list:
    """Return the messages of `these` that `others` do not have."""
    return [m for m in _messages(these) if others.get(m.id, m.context) is None]


def main() -> int:
    """Write the catalogues, and say what is left to translate."""
    left = 0
    for path in update():
        missing = problems(read(path), collect())
        left += len(missing)
        print(
            f"{path.relative_to(ROOT)}: {len(missing)} left to translate or to correct"
        )
        for sentence in missing:
            print(f"  {sentence}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
