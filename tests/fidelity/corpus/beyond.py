"""What only running the script would tell; the hub says so, and lets it be given."""

from __future__ import annotations

import argparse
import os
import sysconfig


class Flag(argparse.Action):
    """An action that says by itself that it takes no value."""

    def __init__(self, option_strings, dest, **kwargs):
        super().__init__(option_strings, dest, nargs=0, **kwargs)

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, True)


parser = argparse.ArgumentParser()
parser.add_argument("--sure", type=int)
parser.add_argument("--scheme", choices=sysconfig.get_scheme_names())
parser.add_argument("--flag", action=Flag)
parser.add_argument("--pair", action="append", nargs=2)
parser.add_argument("--cwd", default=os.getcwd())
if "FIDELITY_DEBUG" not in os.environ:
    parser.add_argument("--released", required=True)
for name in os.path.split("a/b"):
    parser.add_argument(f"--{name}")
print(parser.parse_args())
