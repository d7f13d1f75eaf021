"""Every kind of default and of help."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

LIMIT = 10
HERE = Path("data")
SETTINGS = {"host": "localhost", "port": 8080}
NAME, NUMBER = "hub", 7

parser = argparse.ArgumentParser(description="%(prog)s tells its defaults.")
parser.add_argument("--number", type=int, default=5, help="a number (%(default)s)")
parser.add_argument("--constant", type=int, default=LIMIT, help="at most %(default)d")
parser.add_argument("--sum", type=int, default=LIMIT * 60)
parser.add_argument("--negative", type=int, default=-1)
parser.add_argument("--ratio", type=float, default=0.5, help="ratio: %(default).1f")
parser.add_argument("--text", default="x", help="type: %(type)s, 100%% sure")
parser.add_argument("--as-text", type=int, default="42")
parser.add_argument("--empty", default="")
parser.add_argument("--none", default=None, help="nothing")
parser.add_argument("--list", nargs="+", default=["a", "b"])
parser.add_argument("--tuple", nargs=2, type=int, default=(1, 2))
parser.add_argument("--path", type=Path, default=HERE / "out")
parser.add_argument("--item", default=SETTINGS["host"])
parser.add_argument("--port", type=int, default=SETTINGS["port"])
parser.add_argument("--unpacked", type=int, default=NUMBER)
parser.add_argument("--formatted", default=f"{NAME}-{NUMBER}")
parser.add_argument("--joined", default=", ".join(["a", "b"]))
parser.add_argument("--home", default=os.environ.get("FIDELITY_HOME", "/tmp/x"))
parser.add_argument("--token", default=os.environ.get("FIDELITY_TOKEN"))
parser.add_argument("--retries", type=int, default=int(os.getenv("FIDELITY_N", "3")))
parser.add_argument("--either", default=os.environ.get("FIDELITY_E") or "fallback")
parser.add_argument("--stream", type=argparse.FileType("r"), default=sys.stdin)
parser.add_argument("--suppressed", default=argparse.SUPPRESS)
parser.add_argument("--secret", help=argparse.SUPPRESS)
parser.add_argument("--later", type=int)
parser.add_argument("--required", required=True, default="unused", help="needed")
parser.add_argument("--conditional", default="new" if LIMIT > 5 else "old")
parser.set_defaults(later=12, unknown=1)
print(parser.parse_args())
