"""The images and compose.yaml on a real engine: `make image-test`.

No file here is a test that pytest collects: it needs an engine, and minutes.
"""

from __future__ import annotations
