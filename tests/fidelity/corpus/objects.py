"""A command line that a class has."""

from __future__ import annotations

import argparse


class Parser(argparse.ArgumentParser):
    """Says its whole help when something is wrong."""

    def error(self, message):
        self.print_help()
        raise SystemExit(message)


class Base:
    default_limit = 20

    def __init__(self, name):
        self.name = name
        self.parser = Parser(description="From a class.")
        self.add_arguments()

    def add_arguments(self):
        self.parser.add_argument("--limit", type=int, default=self.default_limit)
        self._add_common(self.parser)

    @staticmethod
    def _add_common(parser):
        parser.add_argument("--common", action="store_true")


class Tool(Base):
    choices = ("one", "two")

    def __init__(self):
        super().__init__("tool")
        self.group = self.parser.add_argument_group("Tool")
        self.group.add_argument("--kind", choices=self.choices, required=True)

    def run(self):
        args = self.parser.parse_args()
        print(args, self.name)


if __name__ == "__main__":
    Tool().run()
