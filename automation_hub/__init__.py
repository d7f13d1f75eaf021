"""Wiring: settings, URLs, the WSGI entry point. Apps never import it."""

from __future__ import annotations

__version__ = "0.1.0"
