"""Every nargs, of options and of positionals."""

from __future__ import annotations

import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--maybe", nargs="?", const="alone", default="absent")
parser.add_argument("--maybe-int", nargs="?", type=int, const=1)
parser.add_argument("--any", nargs="*")
parser.add_argument("--some", nargs="+", type=float, required=True)
parser.add_argument("--pair", nargs=2, metavar=("KEY", "VALUE"))
parser.add_argument("--one", nargs=1, type=int)
parser.add_argument("--optional", nargs=argparse.OPTIONAL)
parser.add_argument("--zero-or-more", nargs=argparse.ZERO_OR_MORE, dest="zero")
parser.add_argument("first")
parser.add_argument("number", type=int)
parser.add_argument("two", nargs=2, type=int)
parser.add_argument("perhaps", nargs="?", default="none", help="or %(default)s")
parser.add_argument("rest", nargs=argparse.REMAINDER)
print(parser.parse_args())
