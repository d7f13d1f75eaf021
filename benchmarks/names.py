"""What the code inside a hub and the code outside of it both name."""

from __future__ import annotations

# A script that has runs but no failed one.
RARE = "rare.sh"
# What one line of a large log holds.
NEEDLE = "the Needle"
