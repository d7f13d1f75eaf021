"""Parsers are followed through the script the way Python would go through it."""

from __future__ import annotations

import textwrap

import pytest

from tests.unit.scripts.samples import codes, read


def names(source: str) -> list[str]:
    declaration = read(textwrap.dedent(source))
    assert codes(declaration) == []
    return list(declaration.schema["properties"])


FOLLOWED = {
    "a main function behind the usual guard": """
        import argparse
        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--a")
            parser.parse_args()
        if __name__ == "__main__":
            main()
        """,
    "a main function that is handed to sys.exit": """
        import argparse, sys
        def main() -> int:
            parser = argparse.ArgumentParser()
            parser.add_argument("--a")
            parser.parse_args()
            return 0
        if "__main__" == __name__:
            sys.exit(main())
        """,
    "a main function that nothing here calls": """
        import argparse
        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--a")
            return parser.parse_args()
        """,
    "a method": """
        import argparse
        class Tool:
            def run(self):
                self.parser = argparse.ArgumentParser()
                self.parser.add_argument("--a")
                self.parser.parse_args()
        Tool().run()
        """,
    "another name for the module": """
        import argparse as ap
        parser = ap.ArgumentParser()
        parser.add_argument("--a")
        parser.parse_args()
        """,
    "another name for the class": """
        from argparse import ArgumentParser as Parser
        parser = Parser()
        parser.add_argument("--a")
        """,
    "a parser that a function returns": """
        import argparse
        def build():
            parser = argparse.ArgumentParser()
            parser.add_argument("--a")
            return parser
        def main():
            args = build().parse_args()
        main()
        """,
    "a parser that is built twice": """
        import argparse
        def build():
            parser = argparse.ArgumentParser()
            parser.add_argument("--a")
            return parser
        def usage():
            build().print_help()
        def main():
            usage()
            build().parse_args()
        main()
        """,
    "a parser kept in a with statement and a try": """
        import argparse, contextlib
        with contextlib.suppress(OSError):
            try:
                parser = argparse.ArgumentParser()
                parser.add_argument("--a")
            except argparse.ArgumentError:
                raise
            finally:
                pass
        parser.parse_args()
        """,
    "a short name for add_argument": """
        import argparse
        parser = argparse.ArgumentParser()
        add = parser.add_argument
        add("--a")
        parser.parse_args()
        """,
    "a parser of the script's own class": """
        import argparse
        class Parser(argparse.ArgumentParser):
            def error(self, message):
                raise SystemExit(message)
        parser = Parser()
        parser.add_argument("--a")
        parser.parse_args()
        """,
    "a parser that was assigned while it was made": """
        import argparse
        (parser := argparse.ArgumentParser()).add_argument("--a")
        parser.parse_args()
        """,
    "an async main": """
        import argparse, asyncio
        async def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--a")
            parser.parse_args()
        asyncio.run(main())
        """,
    "a parser whose name is computed from constants": """
        import argparse
        NAME = "a"
        parser = argparse.ArgumentParser()
        parser.add_argument(f"--{NAME}")
        parser.parse_args()
        """,
    "a parser that only runs on a condition": """
        import argparse, sys
        if len(sys.argv) > 1:
            parser = argparse.ArgumentParser()
            parser.add_argument("--a")
            parser.parse_args()
        """,
}


@pytest.mark.parametrize("what", FOLLOWED)
def test_the_parser_is_found_in(what):
    assert names(FOLLOWED[what]) == ["a"]


def test_arguments_come_in_the_order_in_which_argparse_meets_them():
    source = """
        import argparse
        def add_last(parser):
            parser.add_argument("third")
        def add_first(parser, *, second="x"):
            parser.add_argument("first")
            parser.add_argument("second", nargs="?", default=second)
        def main():
            parser = argparse.ArgumentParser()
            add_first(parser, second="given")
            add_last(parser)
            parser.parse_args()
        main()
        """
    assert names(source) == ["first", "second", "third"]
    fields = read(textwrap.dedent(source)).schema["properties"]
    assert fields["second"]["default"] == "given"


@pytest.mark.parametrize(
    ("signature", "call", "default"),
    [
        ("parser, level='info'", "parser", "info"),
        ("parser, *, level='info'", "parser", "info"),
        ("parser, level='info'", "parser, 'debug'", "debug"),
        ("parser, level='info'", "parser, level=compute()", None),
        ("parser, level", "parser, *rest", None),
        ("level, parser", "parser=parser, level='x'", "x"),
    ],
)
def test_a_function_gets_what_it_is_called_with(signature, call, default):
    source = (
        f"import argparse\ndef add({signature}):\n"
        "    parser.add_argument('--a', default=level)\n"
        f"parser = argparse.ArgumentParser()\nadd({call})\nparser.parse_args()\n"
    )
    schema = read(source).schema["properties"]["a"]
    assert schema.get("default") == default


@pytest.mark.parametrize(
    "code",
    [
        "*values, LIMIT = 1, 2",
        "while (LIMIT := LIMIT + '!') != 'x':\n    break",
        "if os.getlogin() == 'x':\n    pass\nelif os.getlogin() == 'y':\n    LIMIT = 5",
        "match 1:\n    case 1:\n        LIMIT = 5",
        "match 1:\n    case LIMIT:\n        pass",
        "match [1]:\n    case [*LIMIT]:\n        pass",
        "match {}:\n    case {**LIMIT}:\n        pass",
        "try:\n    pass\nexcept OSError as LIMIT:\n    pass",
        "del LIMIT",
        "class LIMIT: ...",
        "def LIMIT(): ...",
        "import json as LIMIT",
        "{x: (LIMIT := 1) for x in 'ab'}",
        "os.getlogin() and (LIMIT := 1)",
    ],
)
def test_a_name_that_is_bound_somewhere_unusual_is_no_constant_either(code):
    source = (
        f"import argparse, os\nLIMIT = 'old'\n{code}\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--a', type=int, default=LIMIT)\nparser.parse_args()\n"
    )
    schema = read(source).schema["properties"]["a"]
    assert "old" not in str(schema)


def test_a_name_that_an_inner_function_rebinds_is_no_constant():
    source = """
        import argparse
        def main():
            limit = 3
            def change():
                nonlocal limit
                limit = 5
            change()
            parser = argparse.ArgumentParser()
            parser.add_argument("--a", type=int, default=limit)
            parser.parse_args()
        main()
        """
    schema = read(textwrap.dedent(source)).schema["properties"]["a"]
    assert "default" not in schema


def test_parents_come_first_with_their_groups():
    source = """
        import argparse
        def common():
            parser = argparse.ArgumentParser(add_help=False)
            parser.add_argument_group("Logging").add_argument("--level")
            return parser
        parser = argparse.ArgumentParser(parents=[common()])
        parser.add_argument("--a")
        parser.parse_args()
        """
    assert names(source) == ["level", "a"]
    fields = read(textwrap.dedent(source)).schema["properties"]
    assert fields["level"]["x-hub"]["group"] == "Logging"


def test_a_parser_that_parses_first_for_another_is_its_parent():
    source = """
        import argparse
        early = argparse.ArgumentParser(add_help=False)
        early.add_argument("--config")
        known, rest = early.parse_known_args()
        parser = argparse.ArgumentParser(parents=[early])
        parser.add_argument("--a")
        parser.parse_args(rest)
        """
    assert names(source) == ["config", "a"]


@pytest.mark.parametrize(
    ("line", "default"),
    [
        ("parser.set_defaults(a=7, func=print)", 7),
        ("parser.set_defaults(a=compute())", None),
        ("if os.getlogin() == 'nt':\n    parser.set_defaults(a=7)", None),
        ("LIMIT = 5", 3),
    ],
)
def test_set_defaults_decides_over_the_argument(line, default):
    source = (
        "import argparse, os\nLIMIT = 3\nparser = argparse.ArgumentParser()\n"
        f"parser.add_argument('--a', type=int, default=LIMIT)\n{line}\n"
        "parser.parse_args()\n"
    )
    schema = read(source).schema["properties"]["a"]
    assert schema.get("default") == default


@pytest.mark.parametrize(
    "change",
    [
        "if os.getlogin() == 'nt':\n    LIMIT = 5",
        "LIMIT += 1",
        "for LIMIT in load():\n    pass",
        "LIMIT = int(input())",
        "with open('x') as LIMIT:\n    pass",
        "LIMIT, OTHER = load()",
        "try:\n    pass\nexcept OSError:\n    LIMIT = 1",
        "def change():\n    global LIMIT\n    LIMIT = 9",
    ],
)
def test_a_name_that_may_change_is_no_constant(change):
    source = (
        f"import argparse, os\nLIMIT = 3\n{change}\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--a', type=int, default=LIMIT)\nparser.parse_args()\n"
    )
    schema = read(source).schema["properties"]["a"]
    assert "default" not in schema
    assert schema["description"] in ("Default: LIMIT.", "Default: int(input()).")


@pytest.mark.parametrize(
    "change", ["MODES.append('c')", "MODES[0] = 'c'", "MODES.sort()"]
)
def test_a_list_that_is_changed_in_place_is_no_constant(change):
    source = (
        f"import argparse\nMODES = ['b', 'a']\n{change}\n"
        "parser = argparse.ArgumentParser()\n"
        "parser.add_argument('--a', choices=MODES)\nparser.parse_args()\n"
    )
    declaration = read(source)
    assert "enum" not in declaration.schema["properties"]["a"]
    assert codes(declaration) == ["choices"]


def test_an_argument_default_stands_for_each_that_has_none():
    source = """
        import argparse
        parser = argparse.ArgumentParser(argument_default="all")
        parser.add_argument("--a")
        parser.add_argument("--b", default="own")
        parser.parse_args()
        """
    fields = read(textwrap.dedent(source)).schema["properties"]
    assert [field["default"] for field in fields.values()] == ["all", "own"]


def test_a_later_argument_takes_over_an_option():
    source = """
        import argparse
        parser = argparse.ArgumentParser(conflict_handler="resolve")
        parser.add_argument("--old", "-x")
        parser.add_argument("--gone")
        parser.add_argument("-x", "--new")
        parser.add_argument("--gone", dest="kept", type=int)
        parser.parse_args()
        """
    fields = read(textwrap.dedent(source)).schema["properties"]
    flags = {name: field["x-hub"]["flag"] for name, field in fields.items()}
    assert flags == {"old": "--old", "new": "--new", "kept": "--gone"}


def test_required_may_be_set_afterwards():
    source = """
        import argparse
        parser = argparse.ArgumentParser()
        argument = parser.add_argument("--a")
        argument.required = True
        parser.add_argument("--b").completer = print
        parser.parse_args()
        """
    assert names(source) == ["a", "b"]
    assert read(textwrap.dedent(source)).schema["required"] == ["a"]


def test_the_parsers_description_is_the_schemas():
    source = '''
        """Fetches things.

        Slowly."""
        import argparse
        parser = argparse.ArgumentParser(description=__doc__)
        parser.parse_args()
        '''
    schema = read(textwrap.dedent(source)).schema
    assert schema["description"] == "Fetches things. Slowly."


def test_functions_that_call_each_other_forever_are_left_in_time():
    calls = "\n".join(f"    f{n % 40}()" for n in range(80))
    functions = "\n".join(
        f"def f{n}():\n    argparse.ArgumentParser\n{calls}" for n in range(40)
    )
    source = f"""import argparse
{functions}
parser = argparse.ArgumentParser()
parser.add_argument("--a")
f0()
parser.parse_args()
"""
    assert list(read(source).schema["properties"]) == ["a"]
