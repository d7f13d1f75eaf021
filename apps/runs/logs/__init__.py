"""Keeping what a script prints, live and bounded, and reading it by chunk or by line."""

from __future__ import annotations

from apps.runs.logs.backwards import search_backwards
from apps.runs.logs.errors import find_error
from apps.runs.logs.lines import Gap, LogLine, Summary, read_lines, summarize
from apps.runs.logs.reader import last_seq, read_after, read_tail, read_text
from apps.runs.logs.search import Found, search_lines
from apps.runs.logs.writer import LogWriter

__all__ = [
    "Found",
    "Gap",
    "LogLine",
    "LogWriter",
    "Summary",
    "find_error",
    "last_seq",
    "read_after",
    "read_lines",
    "read_tail",
    "read_text",
    "search_backwards",
    "search_lines",
    "summarize",
]
