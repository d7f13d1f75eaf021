"""Every way to name an argument."""

from __future__ import annotations

import argparse

PREFIX = "--long"

parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
parser.add_argument("-h", "--host", "--hostname", default="localhost")
parser.add_argument("-p", type=int)
parser.add_argument("--with-dashes", action="store_true")
parser.add_argument("--Upper", dest="lower")
parser.add_argument("-single-dash", type=int)
parser.add_argument("-1", "--one", action="store_true")
parser.add_argument(PREFIX + "-name")
parser.add_argument(*["--listed", "-l"], type=int, help="from a dict")
parser.add_argument("source-file", metavar="FILE")
parser.add_argument(dest="target")
print(parser.parse_args())
