"""One file as a preview: what it is decides how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module

from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from apps.runs.previews import grids, pictures, text, trees
from apps.runs.previews.kinds import Kind, kind_by_content, kind_by_name
from apps.runs.previews.links import Links

# What is read of a file at most.
READ_BYTES = 512 * 1024
# Delimiters that the name of a file decides.
TABS = {".tsv": "\t"}
LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class Preview:
    """A file as it is shown: one of the parts is there, or none; sentences beside it."""

    kind: Kind
    tree: SafeString = field(default_factory=SafeString)
    grid: grids.Grid | None = None
    # What the table shows of a JSON document: a name in it, "" for all of it.
    grid_name: str = ""
    markdown: SafeString = field(default_factory=SafeString)
    text: str | None = None
    picture: pictures.Picture | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def is_shown(self) -> bool:
        """Whether there is more to see than sentences."""
        return bool(
            self.tree
            or self.grid
            or self.markdown
            or self.picture
            or self.text is not None
        )


@dataclass(frozen=True)
class _File:
    """What was read of a file: all of it, or its beginning."""

    name: str
    data: bytes
    size: int

    @property
    def is_whole(self) -> bool:
        return len(self.data) >= self.size

    def decoded(self) -> text.Text:
        return text.decode(self.data, is_whole=self.is_whole)


def look(
    name: str,
    content_type: str,
    data: bytes,
    size: int,
    links: Links | None = None,
) -> Preview:
    """Return what a file of `size` bytes looks like that begins with `data`.

    `data` may be all of it; of more than READ_BYTES no more is needed. Whatever the
    bytes are, there is a preview; where nothing can be shown its notes say why.
    """
    file = _File(name, data, size)
    kind = kind_by_content(kind_by_name(name, content_type), data)
    if kind is Kind.OTHER:
        return Preview(kind, notes=[_nothing()])
    if kind is Kind.PICTURE:
        return _picture(file)
    if not data:
        return Preview(kind, notes=[_("It is empty.")])
    shown = {
        Kind.JSON: _json,
        Kind.TABLE: _table,
        Kind.MARKDOWN: lambda file: _markdown(file, links),
    }.get(kind, _text)
    return shown(file)


def _nothing() -> str:
    return _("Files of this kind are not shown; download it.")


def _partly(file: _File) -> list[str]:
    if file.is_whole:
        return []
    sizes = {"read": filesizeformat(len(file.data)), "size": filesizeformat(file.size)}
    return [_("Only the first %(read)s of its %(size)s were read.") % sizes]


def _picture(file: _File) -> Preview:
    picture = pictures.read_picture(file.data)
    if picture is None:
        return Preview(Kind.OTHER, notes=[_nothing()])
    if file.size > pictures.MAX_BYTES:
        message = _("It is larger than %(most)s, so it is not shown; download it.")
        sizes = {"most": filesizeformat(pictures.MAX_BYTES)}
        return Preview(Kind.PICTURE, notes=[message % sizes])
    if picture.pixels > pictures.MAX_PIXELS:
        message = _("It has %(width)d × %(height)d pixels, too many; download it.")
        sides = {"width": picture.width, "height": picture.height}
        return Preview(Kind.PICTURE, notes=[message % sides])
    return Preview(Kind.PICTURE, picture=picture)


def _text(file: _File, *, kind: Kind = Kind.TEXT, why: str = "") -> Preview:
    found = file.decoded()
    shown = text.show_text(found.text, is_whole=file.is_whole)
    notes = [*_reason(why), *_partly(file), *found.notes, *shown.notes]
    return Preview(kind, text=shown.text, notes=notes)


def _reason(why: str) -> list[str]:
    return [why] if why else []


def _json(file: _File) -> Preview:
    is_lines = file.name.lower().endswith(LINES)
    if not is_lines and not file.is_whole:
        return _text(file, kind=Kind.JSON, why=_("It is too large to be read as JSON."))
    found = file.decoded()
    try:
        value = (
            trees.read_lines(found.text, is_whole=file.is_whole)
            if is_lines
            else trees.read_json(found.text)
        )
    except trees.NoJSON as exc:
        return _text(file, kind=Kind.JSON, why=str(exc))
    tree = trees.show_tree(value)
    notes = [*_partly(file), *found.notes, *tree.notes]
    records = trees.find_records(value)
    if records is None or not trees.is_flat(records):
        return Preview(Kind.JSON, tree=tree.html, notes=notes)
    grid = trees.show_records(records.items)
    name = text.visible(text.shorten(records.name, trees.MAX_NAME_CHARACTERS))
    return Preview(Kind.JSON, tree=tree.html, grid=grid, grid_name=name, notes=notes)


def _table(file: _File) -> Preview:
    found = file.decoded()
    delimiter = next(
        (tab for end, tab in TABS.items() if file.name.lower().endswith(end)), ""
    )
    try:
        grid = grids.read_table(found.text, delimiter=delimiter, is_whole=file.is_whole)
    except grids.NoTable:
        why = _("It cannot be read as a table.")
        return _text(file, kind=Kind.TABLE, why=why)
    return Preview(Kind.TABLE, grid=grid, notes=[*_partly(file), *found.notes])


def _markdown(file: _File, links: Links | None) -> Preview:
    found = file.decoded()
    # Its libraries are loaded where somebody looks at Markdown.
    made = import_module("apps.runs.previews.marked").render(found.text, links)
    if made.is_too_much:
        why = _("It takes too long to be rendered.")
        return _text(file, kind=Kind.MARKDOWN, why=why)
    notes = [*_partly(file), *found.notes, *made.notes]
    return Preview(Kind.MARKDOWN, markdown=made.html, notes=notes)
