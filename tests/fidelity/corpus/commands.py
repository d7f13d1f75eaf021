"""Sub-commands."""

from __future__ import annotations

import argparse

LIMITS = {"top": 10, "bottom": 5}


def add_user_arguments(parser):
    parser.add_argument("user")
    parser.add_argument("--groups", nargs="+", default=["staff"])


def main():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--dry-run", action="store_true", help="change nothing")
    parser = argparse.ArgumentParser(description="Users.")
    parser.add_argument("--config", "-c", required=True)
    parser.add_argument("--verbose", "-v", action="count", default=0)
    commands = parser.add_subparsers(
        dest="command", required=True, title="Commands", help="what to do"
    )
    add = commands.add_parser("add", help="Add a user", parents=[common])
    add_user_arguments(add)
    add.add_argument("--uid", type=int, required=True)
    add.set_defaults(function=print)
    remove = commands.add_parser("remove", aliases=["rm", "del"], parents=[common])
    remove.add_argument("user", nargs="?")
    remove.add_argument("--force", action="store_true")
    either = remove.add_mutually_exclusive_group()
    either.add_argument("--archive", help="where to")
    either.add_argument("--purge", action="store_true")
    for name, limit in LIMITS.items():
        one = commands.add_parser(name, help=f"Show the {name}")
        one.add_argument("--limit", type=int, default=limit)
        one.add_argument("--uid", choices=["a", "b"])
    commands.add_parser("list", description="Lists them.")
    print(parser.parse_args())


if __name__ == "__main__":
    main()
