"""Sub-commands of sub-commands, each added by a function of its own."""

from __future__ import annotations

import argparse


def add_remote(subparsers):
    remote = subparsers.add_parser("remote", help="Remotes")
    remote.add_argument("--timeout", type=float, default=1.5)
    inner = remote.add_subparsers(dest="remote_command")
    inner.required = True
    add = inner.add_parser("add", help="Add one")
    add.add_argument("name")
    add.add_argument("url")
    add.add_argument("--tags", nargs="*", type=int)
    show = inner.add_parser("show", aliases=["s"])
    show.add_argument("name", nargs="?", default="origin")


def add_stash(subparsers):
    stash = subparsers.add_parser("stash")
    inner = stash.add_subparsers()
    push = inner.add_parser("push")
    push.add_argument("-m", "--message", required=True)
    inner.add_parser("pop")


def build():
    parser = argparse.ArgumentParser(prog="tool")
    parser.add_argument("--git-dir")
    subparsers = parser.add_subparsers(metavar="COMMAND")
    for register in (add_remote, add_stash):
        register(subparsers)
    return parser


if __name__ == "__main__":
    print(build().parse_args())
