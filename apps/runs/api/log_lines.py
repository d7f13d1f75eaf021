"""A log by its lines, as `/runs/runs/{run_id}/log` answers: a range, a tail, a search,
the next error."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from apps.core.api.params import int_param, text_param
from apps.core.errors import InvalidInput
from apps.runs import logs
from apps.runs.models import Run

# The most lines, and the most matches, in one answer.
MOST_LINES = 5000
MOST_MATCHES = 200
MOST_TEXT = 1000
MAX_LINE = 10**15
# The ways to ask: a query has one of them, complete, and then what goes with it.
WAYS = {
    "after": ("after",),
    "first": ("first", "last"),
    "tail": ("tail",),
    "search": ("search",),
    "errors": ("errors",),
}
WITH_SEARCH = ("case", "after_line", "before_line")
# Ways that show lines by their place.
BY_PLACE = ("first", "tail")
PARAMETERS = (
    *("after", "first", "last", "tail", "search", "errors"),
    *(*WITH_SEARCH, "times"),
)

DOCUMENTED = [
    OpenApiParameter(
        "after", int, description="Send 0, then what `next` said: chunks as they come."
    ),
    OpenApiParameter(
        "first",
        int,
        description="With `last`: these lines, both included, at most 5,000. Lines are "
        "numbered from 1 over both streams; what was cut out keeps its numbers.",
    ),
    OpenApiParameter("last", int, description="With `first`: the last line wanted."),
    OpenApiParameter(
        "tail",
        int,
        description="The last so many lines, at most 5,000; of a line that is too long "
        "its end.",
    ),
    OpenApiParameter(
        "search",
        str,
        description="Lines that hold this text, up to 200; `next` says where to go on. "
        "What the hub itself says in a log is not searched.",
    ),
    OpenApiParameter(
        "case", int, enum=[0, 1], description="With `search`: 1 minds the case."
    ),
    OpenApiParameter(
        "after_line",
        int,
        description="With `search`: only lines behind this one; send what `next` said.",
    ),
    OpenApiParameter(
        "before_line",
        int,
        description="With `search`: the last lines before this one, at least one if "
        "there is any; send what `next` said to go further back.",
    ),
    OpenApiParameter(
        "errors",
        int,
        description="The next line behind this one that looks like an error: one with "
        "error, exception, traceback, fatal or critical in it, or the first one where "
        "stderr begins. Without a result, `next` says where to go on, or null.",
    ),
    OpenApiParameter(
        "times",
        int,
        enum=[0, 1],
        description="With a range or `tail`: 1 adds `at`, when a line was written.",
    ),
]


@dataclass(frozen=True)
class LogQuery:
    """What of a log is asked for: one of WAYS and what goes with it, or nothing."""

    after: int | None = None
    first: int | None = None
    last: int = 0
    tail: int | None = None
    search: str | None = None
    is_case_sensitive: bool = False
    after_line: int = 0
    before_line: int | None = None
    errors: int | None = None
    with_times: bool = False


def read_query(request: Request) -> LogQuery:
    """Return what a request asks for. Raises InvalidInput, which names what is wrong."""
    _check_together(request)
    return LogQuery(
        after=int_param(request, "after", minimum=0, maximum=2**31 - 1),
        first=int_param(request, "first", minimum=1, maximum=MAX_LINE),
        last=_last(request),
        tail=int_param(request, "tail", minimum=1, maximum=MOST_LINES),
        search=_search(request),
        is_case_sensitive=int_param(request, "case", minimum=0, maximum=1) == 1,
        after_line=int_param(request, "after_line", minimum=0, maximum=MAX_LINE) or 0,
        before_line=int_param(request, "before_line", minimum=1, maximum=MAX_LINE),
        errors=int_param(request, "errors", minimum=0, maximum=MAX_LINE),
        with_times=int_param(request, "times", minimum=0, maximum=1) == 1,
    )


def _check_together(request: Request) -> None:
    """Refuse parameters that do not go together, and halves of a pair."""
    given = [name for name in PARAMETERS if name in request.query_params]
    ways = [way for way, names in WAYS.items() if any(name in given for name in names)]
    if len(ways) > 1:
        raise _invalid(
            [name for name in given if name not in (*WITH_SEARCH, "times")],
            _(
                "%(names)s do not go together; ask for one of: after, first with last, "
                "tail, search, errors."
            )
            % {"names": ", ".join(given)},
        )
    alone = [name for name in WITH_SEARCH if name in given and ways != ["search"]]
    if alone:
        raise _invalid(alone, _("It goes with search, and with nothing else."))
    if "after_line" in given and "before_line" in given:
        raise _invalid(
            ["after_line", "before_line"],
            _("Give one of them: the search goes on or goes back."),
        )
    if "times" in given and not any(way in BY_PLACE for way in ways):
        raise _invalid(["times"], _("It goes with first and last, or with tail."))
    for name, other in (("first", "last"), ("last", "first")):
        if name in given and other not in given:
            raise _invalid([name], _("Give %(other)s too.") % {"other": other})


def _last(request: Request) -> int:
    first = int_param(request, "first", minimum=1, maximum=MAX_LINE)
    last = int_param(request, "last", minimum=1, maximum=MAX_LINE)
    if first is None or last is None:
        return 0
    if last < first:
        raise _invalid(
            ["first", "last"],
            _("first is %(first)d and last %(last)d; last must not be before first.")
            % {"first": first, "last": last},
        )
    if last - first >= MOST_LINES:
        raise _invalid(
            ["first", "last"],
            _("That is %(count)d lines; ask for at most %(most)d at once.")
            % {"count": last - first + 1, "most": MOST_LINES},
        )
    return last


def _search(request: Request) -> str | None:
    text = text_param(request, "search")
    if text is None:
        return None
    if not text:
        raise _invalid(["search"], _("Write the text to look for."))
    if len(text) > MOST_TEXT:
        raise _invalid(
            ["search"],
            _("It has %(count)d characters; at most %(most)d are taken.")
            % {"count": len(text), "most": MOST_TEXT},
        )
    if "\n" in text:
        raise _invalid(
            ["search"], _("It holds a line break; lines are searched one by one.")
        )
    return text


def _invalid(names: list[str], sentence: str) -> InvalidInput:
    fields = {name: [sentence] for name in names}
    return InvalidInput(f"{', '.join(names)}: {sentence}", fields=fields)


def answer(run: Run, query: LogQuery) -> dict[str, Any]:
    """Return the lines that a range, a tail or a search asks for.

    `run` was read before its log is, so that `done` is never said too early.
    """
    log = logs.summarize(run.pk)
    if query.search is not None:
        return _found(_matches(run.pk, log, query)) | _about(run, log)
    if query.errors is not None:
        error = logs.find_error(
            run.pk, after_line=query.errors, is_numbered=log.is_numbered
        )
        return _found(error) | _about(run, log)
    first, last = query.first or 1, query.last
    if query.tail is not None:
        first, last = max(1, log.lines - query.tail + 1), log.lines
    lines = logs.read_lines(
        run.pk,
        first,
        last,
        is_numbered=log.is_numbered,
        shows_ends=query.tail is not None,
        with_times=query.with_times,
    )
    return {"results": [_shown(line) for line in lines]} | _about(run, log)


def _matches(run_id: uuid.UUID, log: logs.Summary, query: LogQuery) -> logs.Found:
    text = query.search or ""
    if query.before_line is not None:
        return logs.search_backwards(
            run_id,
            text,
            is_case_sensitive=query.is_case_sensitive,
            before_line=query.before_line,
            count=MOST_MATCHES,
            is_numbered=log.is_numbered,
        )
    return logs.search_lines(
        run_id,
        text,
        is_case_sensitive=query.is_case_sensitive,
        after_line=query.after_line,
        count=MOST_MATCHES,
        is_numbered=log.is_numbered,
    )


def _found(found: logs.Found) -> dict[str, Any]:
    return {"results": [_shown(line) for line in found.lines], "next": found.next}


def _about(run: Run, log: logs.Summary) -> dict[str, Any]:
    gap = log.gap and {
        "after_line": log.gap.after_line,
        "next_line": log.gap.next_line,
    }
    return {"lines": log.lines, "gap": gap, "done": not run.is_active}


def _shown(line: logs.LogLine) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "n": line.number,
        "stream": line.stream,
        "text": line.text,
    }
    if line.is_cut:
        shown["cut"] = True
    if line.at is not None:
        shown["at"] = line.at
    return shown
