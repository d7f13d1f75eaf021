"""Every action."""

from __future__ import annotations

import argparse


class Upper(argparse.Action):
    """Stores what it is given in capitals."""

    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values.upper())


parser = argparse.ArgumentParser(description="Every action.")
parser.add_argument("--store", action="store")
parser.add_argument("--yes", "-y", action="store_true", help="say yes")
parser.add_argument("--no-color", dest="color", action="store_false")
parser.add_argument("--on", action="store_true", default=None)
parser.add_argument("--cache", action=argparse.BooleanOptionalAction, default=True)
parser.add_argument("--wipe", action=argparse.BooleanOptionalAction)
parser.add_argument("-v", "--verbose", action="count", default=0, help="say more")
parser.add_argument("--depth", action="count")
parser.add_argument("--tag", action="append", help="repeat it")
parser.add_argument("--size", action="append", type=int, default=[1])
parser.add_argument("--more", action="extend", nargs="+", type=int)
parser.add_argument("--small", dest="scale", action="store_const", const=1)
parser.add_argument("--large", dest="scale", action="store_const", const=100)
parser.add_argument("--json", dest="format", action="store_const", const="json")
parser.add_argument("--csv", dest="format", action="store_const", const="csv")
parser.add_argument("--int", dest="types", action="append_const", const="int")
parser.add_argument("--str", dest="types", action="append_const", const="str")
parser.add_argument("--upper", action=Upper)
parser.add_argument("--uppers", action=Upper, choices=["a", "b"], required=True)
parser.add_argument("--indent", type=int, default=4)
parser.add_argument("--tab", dest="indent", action="store_const", const="\t")
parser.add_argument("--no-indent", dest="indent", action="store_const", const=None)
parser.add_argument("--level", choices=["low", "high"])
parser.add_argument("--high", dest="level", action="store_const", const="high")
parser.add_argument("--quiet", "-q", "--silent", action="store_true")
parser.add_argument("--version", action="version", version="%(prog)s 1.0")
parser.add_argument("--usage", action="help")
print(parser.parse_args())
