"""A parser that several functions build."""

from __future__ import annotations

import argparse


def make_parser(title, *, verbose=False):
    parser = argparse.ArgumentParser(description=title)
    if verbose:
        parser.add_argument("--verbose", action="store_true")
    return parser


def add_network(parser, default_port=80):
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=default_port)


def add_output(group):
    group.add_argument("--json", action="store_true")
    group.add_argument("--indent", type=int, default=2)
    return group


def option(parser, *names, **settings):
    settings_text = "an option"
    parser.add_argument(*names, **settings)
    return settings_text


def integer(parser, name, help, **more):
    parser.add_argument(name, type=int, help=help, **more)


def main(argv=None):
    parser = make_parser("Built by helpers.", verbose=True)
    add_network(parser, default_port=8080)
    add_output(parser.add_argument_group("Output")).add_argument("--wide", type=float)
    option(parser, "--name", "-n", required=True, help="what it is called")
    option(parser, "--times", type=int, default=3)
    integer(parser, "--retries", "how often", default=5)
    integer(parser, "count", help="how many")
    add = parser.add_argument
    add("--short", choices=["a", "b"])
    return parser.parse_args(argv)


if __name__ == "__main__":
    print(main())
