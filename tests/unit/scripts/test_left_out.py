"""What cannot be read right is left out, and said with its line."""

from __future__ import annotations

import re
import textwrap

import pytest

from tests.unit.scripts.samples import codes, names, read, read_lines

LEFT_OUT = [
    ("add_argument(name())", "name", r"names of the argument name\(\)"),
    ("add_argument('--a', 'b')", "name", "argument --a"),
    ("add_argument('')", "name", "names of the argument"),
    ("add_argument('--a=b')", "name", "names of the argument --a=b"),
    ("add_argument('--a\\n')", "name", r"names of the argument --a\\n"),
    ("add_argument('--')", "name", "names of the argument"),
    ("add_argument('--a', dest=argparse.SUPPRESS)", "name", "names of the argument"),
    ("add_argument(*names)", "name", r"names of the argument \*names"),
    ("add_argument('--a', **options)", "keywords", r"--a is declared with \*\*options"),
    ("add_argument('--a', dest=name())", "setting", r"--a has dest=name\(\)"),
    ("add_argument('--a', nargs=count())", "setting", r"--a has nargs=count\(\)"),
    ("add_argument('--a', nargs=0)", "setting", "--a has nargs=0"),
    ("add_argument('--a', nargs='...')", "setting", "--a has nargs"),
    ("add_argument('--a', nargs='A...')", "setting", "--a has nargs"),
    ("add_argument('--a', type='int')", "setting", "--a has type='int'"),
    ("add_argument('--a', action=Own)", "action", "the action Own"),
    ("add_argument('--a', action='append_const')", "setting", "a const"),
    ("add_argument('--a', action='extend')", "action", "'extend'"),
    ("add_argument('a', action='append')", "action", "'append'"),
    ("add_argument('--a', action='append', nargs=2)", "nested", "list of lists"),
    ("add_argument('--a', action='store_const')", "setting", "a const"),
    ("add_argument('--a', action='store_const', const=sum)", "setting", "a const"),
    ("add_argument('-v', action='count', default=f())", "setting", "a default"),
    ("add_argument('--a').choices = ['x']", "changed", r"changed after .*choices = "),
    ("add_subparsers(dest=name())", "subcommands", "sub-commands cannot be read"),
    ("add_subparsers().add_parser(name())", "command", r"sub-command name\(\)"),
    ("add_subparsers().add_parser('-x')", "command", r"cannot be given"),
]


@pytest.mark.parametrize(("line", "code", "text"), LEFT_OUT)
def test_an_argument_that_is_not_certain_is_left_out_with_a_note(line, code, text):
    declaration = read_lines(f"parser.{line}", "parser.add_argument('--sure')")
    assert names(declaration) == ["sure"]
    (note,) = declaration.notes
    assert (note.line, note.code) == (5, code)
    assert re.search(text, note.text), note.text


CONDITIONAL = [
    "for x in load():\n    parser.add_argument(f'--a{x}')",
    "for x in load():\n    parser.add_argument('--a')",
    "for x in 'ab':\n    if x == load():\n        continue\n    parser.add_argument(x)",
    "while more():\n    parser.add_argument('--a')",
    "if os.getlogin() == 'nt':\n    parser.add_argument('--a')",
    "if os.getlogin() == 'nt':\n    pass\nelse:\n    parser.add_argument('--a')",
    "try:\n    pass\nexcept OSError:\n    parser.add_argument('--a')",
    "os.getlogin() == 'nt' and parser.add_argument('--a')",
    "parser.add_argument('--a') if os.getlogin() == 'nt' else None",
    "[parser.add_argument('--a') for x in load()]",
    "match os.getlogin():\n    case 'nt':\n        parser.add_argument('--a')",
]


@pytest.mark.parametrize("code", CONDITIONAL)
def test_an_argument_that_may_not_be_there_is_left_out(code):
    declaration = read_lines(code, "parser.add_argument('--sure')")
    assert names(declaration) == ["sure"]
    assert set(codes(declaration)) == {"condition"}


@pytest.mark.parametrize(
    "code",
    [
        "if True:\n    parser.add_argument('--a')",
        "if __name__ == '__main__':\n    parser.add_argument('--a')",
        "DEBUG = False\nif DEBUG:\n    pass\nelse:\n    parser.add_argument('--a')",
        "try:\n    parser.add_argument('--a')\nfinally:\n    pass",
    ],
)
def test_an_argument_that_is_always_there_is_read(code):
    declaration = read_lines(code)
    assert names(declaration) == ["a"]


PARTIAL = [
    ("choices=load()", "choices", {"type": "string"}),
    ("type=int, choices=['1', '2']", "choices_type", {"type": "integer"}),
    ("choices=[1, 2]", "choices_type", {"type": "string"}),
    ("required=os.getlogin() == 'nt'", "required", {"type": "string"}),
    ("type=int if os.getlogin() else float", "type", {"type": "string"}),
    ("nargs='?', const=True", "bare", {"type": "string"}),
    ("nargs='?', const=f(), type=int", "bare", {"type": "integer"}),
]


@pytest.mark.parametrize(("words", "code", "expected"), PARTIAL)
def test_an_argument_that_is_read_but_for_one_thing_stays(words, code, expected):
    declaration = read_lines(f"parser.add_argument('--a', {words})")
    schema = declaration.schema["properties"]["a"]
    assert codes(declaration) == [code]
    assert expected.items() <= schema.items()
    assert "enum" not in schema


@pytest.mark.parametrize(
    "words", ["nargs='?', const='x'", "nargs='?'", "type=int, nargs='?', const=5"]
)
def test_a_bare_option_that_equals_a_value_needs_no_note(words):
    assert codes(read_lines(f"parser.add_argument('--a', {words})")) == []


def test_a_second_option_of_the_same_dest_has_a_field_of_its_own():
    declaration = read_lines(
        "parser.add_argument('--indent', type=int, default=4)",
        "parser.add_argument('--tab', dest='indent', action='store_const', const='t')",
        "parser.add_argument('--other', dest='indent')",
    )
    fields = declaration.schema["properties"]
    assert {name: field["type"] for name, field in fields.items()} == {
        "indent": "integer",
        "tab": "boolean",
        "other": "string",
    }
    assert declaration.schema["x-hub"]["exclusive"] == [
        {"fields": ["indent", "tab", "other"], "required": False}
    ]


def test_a_switch_beside_an_option_that_is_left_out_is_left_out_too():
    declaration = read_lines(
        "parser.add_argument('-v', dest='level', action='count', default=start())",
        "parser.add_argument('-q', dest='level', action='store_const', const=0)",
    )
    assert names(declaration) == []
    assert codes(declaration) == ["setting", "same_dest"]


PARSERS = {
    "several_parsers": """
        import argparse
        one = argparse.ArgumentParser()
        one.add_argument("--a")
        one.parse_args()
        two = argparse.ArgumentParser()
        two.add_argument("--b")
        two.parse_args()
        """,
    "prefix": """
        import argparse
        parser = argparse.ArgumentParser(prefix_chars="+")
        parser.add_argument("+a")
        parser.parse_args()
        """,
    "receiver": """
        import argparse
        from tools import make_parser
        parser = make_parser()
        parser.add_argument("--a", required=True)
        """,
    "not_reached": """
        import argparse
        def more(parser):
            parser.add_argument("--a", required=True)
        HOOKS = [more]
        parser = argparse.ArgumentParser()
        parser.parse_args()
        """,
    "passed": """
        import argparse
        import tools
        parser = argparse.ArgumentParser()
        tools.add_arguments(parser)
        parser.parse_args()
        """,
    "library": """
        import fire
        def main(a): ...
        fire.Fire(main)
        """,
}


UNREAD_SETTINGS = [
    "parents=[load()]",
    "parents=PARENTS",
    "fromfile_prefix_chars=prefix()",
    "**settings()",
]


@pytest.mark.parametrize("setting", UNREAD_SETTINGS)
def test_a_setting_of_the_parser_that_cannot_be_read_is_noted(setting):
    declaration = read(
        f"import argparse\nparser = argparse.ArgumentParser({setting})\n"
        "parser.add_argument('--a')\nparser.parse_args()\n"
    )
    assert names(declaration) == ["a"]
    assert codes(declaration) == ["parser_setting"]


@pytest.mark.parametrize("method", ["__init__", "add_argument", "parse_args"])
def test_a_parser_class_that_redefines_how_it_reads_is_not_argparses(method):
    declaration = read(
        "import argparse\nclass Parser(argparse.ArgumentParser):\n"
        f"    def {method}(self, *args, **kwargs): ...\n"
        "parser = Parser()\nparser.add_argument('--a')\nparser.parse_args()\n"
    )
    assert names(declaration) == []
    assert codes(declaration) == ["receiver"]


@pytest.mark.parametrize("code", PARSERS)
def test_a_parser_that_is_not_certain_declares_nothing_and_says_so(code):
    declaration = read(textwrap.dedent(PARSERS[code]))
    assert names(declaration) == []
    assert codes(declaration) == [code]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "print('hello')\n",
        "options.add_argument('--headless')\n",
        "import argparse\nparser = argparse.ArgumentParser()\nparser.parse_args()\n",
    ],
)
def test_a_script_without_parameters_has_none_and_no_notes(source):
    declaration = read(source)
    assert names(declaration) == []
    assert declaration.notes == ()


def test_what_a_subcommand_takes_is_covered_by_one_note():
    source = """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("--a")
        commands = parser.add_subparsers(dest=load(), required=True)
        get = commands.add_parser("get")
        get.add_argument("url")
        get.add_argument_group("More").add_argument("--limit")
        parser.parse_args()
        """
    declaration = read(textwrap.dedent(source))
    assert names(declaration) == ["a"]
    assert codes(declaration) == ["subcommands"]


def test_a_parser_handed_to_a_function_that_adds_nothing_needs_no_note():
    source = """
        import argparse, argcomplete
        def complain(parser, text):
            parser.error(text)
        parser = argparse.ArgumentParser()
        parser.add_argument("--a")
        argcomplete.autocomplete(parser)
        complain(parser, "x")
        parser.parse_args()
        """
    declaration = read(textwrap.dedent(source))
    assert codes(declaration) == []
