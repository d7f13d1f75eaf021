"""Lists by keyset: a page costs the same at the millionth row as at the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.request import Request

from apps.core.api.params import int_param
from apps.core.errors import InvalidInput

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
# Given a value of the column or None, whether the column falls, and a number: that many
# rows beyond the value, or from the list's end if it is None.
Fetch = Callable[[Any, bool, int], list[dict[str, Any]]]


@dataclass(frozen=True)
class Page:
    """One page of rows, with the addresses of its neighbours or None."""

    rows: Sequence[dict[str, Any]]
    next: str | None
    previous: str | None

    def body(self, results: Sequence[Any]) -> dict[str, Any]:
        """Return the shape of every list."""
        return {"results": results, "next": self.next, "previous": self.previous}


@dataclass(frozen=True)
class Keyset:
    """Pages a queryset by one unique column.

    `after` and `before` in the query string are values of that column: the rows that
    follow one in the list's order, or that come before it. `parse` turns the text into
    a value and returns None for what cannot be one. Rows are dicts with the column's
    name as a key.
    """

    column: str
    parse: Callable[[str], Any]
    descending: bool = False

    PARAMS = ("limit", "after", "before")

    def page(self, request: Request, queryset: QuerySet[Any, Any]) -> Page:
        """Return the page of `.values()` rows that the request asks for."""
        return self.page_of(request, partial(self._fetch, queryset))

    def page_of(self, request: Request, fetch: Fetch) -> Page:
        """Return the page that the request asks for of what `fetch` finds."""
        limit = int_param(request, "limit", minimum=1, maximum=MAX_LIMIT)
        limit = limit or DEFAULT_LIMIT
        after, before = self._mark(request, "after"), self._mark(request, "before")
        if after is not None and before is not None:
            raise InvalidInput(_("Give either after or before, not both."))
        backwards = before is not None
        mark = before if backwards else after
        found = fetch(mark, self.descending != backwards, limit + 1)
        more, rows = len(found) > limit, found[:limit]
        if backwards:
            rows = rows[::-1]
        has_next, has_previous = (backwards, more) if backwards else (more, bool(mark))
        return Page(
            rows,
            self._link(request, "after", rows[-1]) if rows and has_next else None,
            self._link(request, "before", rows[0]) if rows and has_previous else None,
        )

    def _mark(self, request: Request, name: str) -> Any:
        text = request.query_params.get(name)
        if text is None:
            return None
        value = None if "\0" in text else self.parse(text)
        if value is None:
            sentence = _("It is not a place in this list; use the next link as it is.")
            raise InvalidInput(f"{name}: {sentence}", fields={name: [sentence]})
        return value

    def _fetch(
        self, queryset: QuerySet[Any, Any], mark: Any, falling: bool, count: int
    ) -> list[dict[str, Any]]:
        if mark is not None:
            compare = "lt" if falling else "gt"
            queryset = queryset.filter(**{f"{self.column}__{compare}": mark})
        return list(queryset.order_by(("-" if falling else "") + self.column)[:count])

    def _link(self, request: Request, name: str, row: dict[str, Any]) -> str:
        query = request.query_params.copy()
        for other in ("after", "before"):
            query.pop(other, None)
        query[name] = str(row[self.column])
        return f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"
