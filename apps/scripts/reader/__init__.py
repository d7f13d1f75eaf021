"""Reading a Python script's syntax tree; nothing here imports or runs a script."""

from __future__ import annotations
