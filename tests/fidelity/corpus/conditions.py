"""Arguments that are there, or not, on this kind of machine and Python."""

from __future__ import annotations

import argparse
import os
import sys

DEBUG = False
FEATURES = ["export"]

parser = argparse.ArgumentParser()
if sys.version_info >= (3, 9):
    parser.add_argument("--modern", action=argparse.BooleanOptionalAction)
else:
    parser.add_argument("--modern", action="store_true")
if sys.version_info[0] < 3:
    parser.add_argument("--ancient")
if os.name == "nt":
    parser.add_argument("--registry")
elif sys.platform != "win32":
    parser.add_argument("--socket", default="/run/x.sock")
if DEBUG:
    parser.add_argument("--trace", action="store_true")
if not DEBUG and "export" in FEATURES:
    parser.add_argument("--export", type=int, required=True)
parser.add_argument("--jobs", type=int, default=4 if os.name == "posix" else 1)
try:
    parser.add_argument("--tried", type=float)
finally:
    print("built")
with open(os.devnull) as nothing:
    parser.add_argument("--within", type=int)
print(parser.parse_args(), nothing)
