"""Sections, and options that exclude each other."""

from __future__ import annotations

import argparse

parser = argparse.ArgumentParser(description="Groups.")
network = parser.add_argument_group("Network", "Where to go.")
network.add_argument("--host", required=True)
network.add_argument("--port", type=int, default=80, help="port (%(default)s)")
output = parser.add_argument_group(title="Output")
output.add_argument("--json", action="store_true")
either = parser.add_mutually_exclusive_group()
either.add_argument("--quiet", action="store_true")
either.add_argument("--verbose", action="store_true")
must = parser.add_mutually_exclusive_group(required=True)
must.add_argument("--file")
must.add_argument("--url", help="an address")
inside = output.add_mutually_exclusive_group()
inside.add_argument("--color", action="store_true")
inside.add_argument("--plain", action="store_true")
alone = parser.add_mutually_exclusive_group(required=True)
alone.add_argument("--only", type=int)
same = parser.add_mutually_exclusive_group()
same.add_argument("--fast", dest="speed", action="store_const", const=2)
same.add_argument("--slow", dest="speed", action="store_const", const=1)
parser.add_argument("--last")
print(parser.parse_args())
