"""What a hub survives: real clusters and servers, killed, frozen, emptied and filled."""

from __future__ import annotations
