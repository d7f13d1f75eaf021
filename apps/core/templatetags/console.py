"""What the console's own templates of lists and forms need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.contrib.admin.helpers import AdminReadonlyField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, DateTimeField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core.templatetags.hub import moment

register = template.Library()


@register.filter
def labelled(
    cells: Iterable[SafeString], headers: Sequence[dict[str, Any]]
) -> list[SafeString]:
    """Return the cells of a list's row, each with its column's name.

    On a phone a row is a card, and the names stand in it.
    """
    found = []
    for cell, header in zip(cells, headers, strict=False):
        name = str(header["text"]).strip()
        if "checkbox" in name or not name or not cell.startswith(("<td", "<th")):
            found.append(cell)
            continue
        label = format_html(' data-label="{}"', capfirst(name))
        # Django made and escaped the cell; the label is escaped above.
        found.append(mark_safe(f"{cell[:3]}{label}{cell[3:]}"))  # noqa: S308
    return found


@register.filter
def shown(field: AdminReadonlyField) -> str:
    """Return what a page shows of a field that cannot be changed."""
    row: Any = field.form.instance
    name: Any = field.field["field"]
    try:
        column = row._meta.get_field(name)
    except FieldDoesNotExist:
        column = None
    if isinstance(column, DateTimeField):
        return moment(getattr(row, name))
    if isinstance(column, BooleanField):
        # Django's red cross looks like something that is wrong.
        return _("yes") if getattr(row, name) else _("no")
    contents: str = field.contents()
    return contents
