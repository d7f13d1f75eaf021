"""Keeping what a script prints, live and bounded, and reading it."""

from __future__ import annotations

from apps.runs.logs.reader import last_seq, read_after, read_tail, read_text
from apps.runs.logs.writer import LogWriter

__all__ = ["LogWriter", "last_seq", "read_after", "read_tail", "read_text"]
