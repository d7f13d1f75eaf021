"""Parsers that take over what others have."""

from __future__ import annotations

import argparse


def logging_options():
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("Logging")
    group.add_argument("--log-level", choices=["debug", "info"], default="info")
    group.add_argument("--log-file")
    return parser


common = argparse.ArgumentParser(add_help=False)
common.add_argument("--dry-run", action="store_true", help="change nothing")
common.add_argument("--limit", type=int, required=True)
choice = common.add_mutually_exclusive_group()
choice.add_argument("--all", action="store_true")
choice.add_argument("--none", action="store_true")

PARENTS = [common, logging_options()]
parser = argparse.ArgumentParser(parents=PARENTS, conflict_handler="resolve")
parser.add_argument("--own", type=float)
parser.add_argument("--limit", type=int, default=3, help="less")
print(parser.parse_args())
