"""What of a click or typer script cannot be read is left out, and said with its line."""

from __future__ import annotations

import re
import textwrap

import pytest

from apps.scripts.assembly import EXTRA
from apps.scripts.parameters import validate
from tests.unit.scripts.samples import codes, read


def names(declaration):
    """What was read; what was not may be given as extra arguments."""
    return [name for name in declaration.schema["properties"] if name != EXTRA]


def read_click(*decorators, before=""):
    lines = "\n".join(("@click.command()", *decorators))
    return read(
        f"import click\n{textwrap.dedent(before)}\n"
        f"{lines}\n@click.option('--sure')\ndef main(**values): ...\nmain()\n"
    )


LEFT_OUT = [
    ("option(name())", "name", r"names of the argument name\(\)"),
    ("option('--a', 'b', 'c')", "name", "argument --a"),
    ("option('--1')", "name", "argument --1"),
    ("option('a')", "name", "argument a"),
    ("option('--a=b')", "name", "--a=b"),
    ("option('--a/--b', type=int)", "name", "--a/--b"),
    ("option(*names)", "keywords", r"\*names"),
    ("option('--a', **settings)", "keywords", r"--a is declared with \*\*settings"),
    ("option('--a', nargs=count())", "setting", r"--a has nargs=count\(\)"),
    ("option('--a', is_flag=yes())", "setting", r"--a has is_flag=yes\(\)"),
    ("option('--a', multiple=yes())", "setting", r"--a has multiple=yes\(\)"),
    ("option('--a', flag_value=object())", "setting", r"--a has flag_value=object"),
    ("option('--a', is_flag=True, multiple=True)", "setting", "multiple=True"),
    ("option('--a', multiple=True, nargs=2)", "nested", "list of lists"),
    ("option('--a', multiple=True, type=(str, int))", "nested", "list of lists"),
    ("option('--a', count=True, default=f())", "setting", "a default"),
    ("argument('a', 'b')", "name", "names of the argument a"),
    ("argument(name())", "name", r"names of the argument name\(\)"),
    ("argument('a', nargs=0)", "setting", "a has nargs=0"),
]


@pytest.mark.parametrize(("call", "code", "text"), LEFT_OUT)
def test_a_parameter_that_is_not_certain_is_left_out_with_a_note(call, code, text):
    declaration = read_click(f"@click.{call}")
    assert names(declaration) == ["sure"]
    (note,) = declaration.notes
    assert (note.line, note.code) == (4, code)
    assert re.search(text, note.text), note.text


PARTIAL = [
    ("type=click.Choice(load())", "choices", {"type": "string"}),
    ("type=click.IntRange(low(), 5)", "limits", {"type": "integer"}),
    ("type=int if x else float", "type", {"type": "string"}),
    ("default=config.LIMIT", "type", {"type": "string"}),
    ("required=sys.argv", "required", {"type": "string"}),
    ("cls=Own", "own_class", {"type": "string"}),
    ("hide_input=True", "hidden_input", {"type": "string"}),
]


@pytest.mark.parametrize(("words", "code", "expected"), PARTIAL)
def test_a_parameter_that_is_read_but_for_one_thing_stays(words, code, expected):
    before = "class Own(click.Option): ..."
    declaration = read_click(f"@click.option('--a', {words})", before=before)
    schema = declaration.schema["properties"]["a"]
    assert codes(declaration) == [code]
    assert expected.items() <= schema.items()


def test_a_decorator_that_is_not_known_leaves_a_note():
    declaration = read_click("@tools.options", before="import tools")
    assert names(declaration) == ["sure"]
    (note,) = declaration.notes
    assert (note.line, note.code) == (4, "decorator")
    assert "tools.options" in note.text


@pytest.mark.parametrize(
    "decorator",
    ["click.pass_context", "functools.cache", "pass_config", "logged", "retry(3)"],
)
def test_a_decorator_that_adds_no_parameter_needs_no_note(decorator):
    before = """
        import functools
        pass_config = click.make_pass_decorator(dict)
        def logged(function):
            @functools.wraps(function)
            def wrapper(**values): return function(**values)
            return wrapper
        def retry(times):
            def decorate(function):
                return function
            return decorate
        """
    declaration = read_click(f"@{decorator}", before=before)
    assert (names(declaration), codes(declaration)) == (
        ["sure"],
        [],
    )


def test_an_option_added_under_a_condition_is_left_out():
    source = """
        import click, os
        @click.command()
        def main(**values): ...
        if os.getlogin() == "root":
            main = click.option("--a")(main)
        main()
        """
    declaration = read(textwrap.dedent(source))
    assert names(declaration) == []
    assert codes(declaration) == ["condition"]


def test_an_option_in_code_that_is_not_used_is_noted():
    declaration = read_click(before="def more(f): return click.option('--a')(f)")
    assert codes(declaration) == ["not_reached"]


def test_of_several_commands_none_of_which_is_called_none_is_read():
    source = """
        import click
        @click.command()
        @click.option("--a")
        def one(a): ...
        @click.command()
        def two(): ...
        """
    declaration = read(textwrap.dedent(source))
    assert names(declaration) == []
    (note,) = declaration.notes
    assert note.code == "several_commands"
    assert "lines 3, 6" in note.text


def test_of_several_commands_the_one_that_is_called_is_the_script():
    source = """
        import click
        @click.command()
        @click.option("--a")
        def one(a): ...
        @click.command()
        @click.option("--b")
        def two(b): ...
        if __name__ == "__main__":
            two()
        """
    declaration = read(textwrap.dedent(source))
    assert (names(declaration), declaration.notes) == (["b"], ())


def read_typer(signature):
    return read(
        f"import typer\nimport settings\ndef main(\n{signature},\n sure: int = 1\n): ...\n"
        "typer.run(main)\n"
    )


TYPER = [
    ("a: str = typer.Option('x', name())", "name", ["sure"]),
    ("a: int = typer.Option(1, **more())", "keywords", ["sure"]),
    ("a: settings.Kind if x else int = 1", "type", ["a", "sure"]),
    ("a: str = typer.Option('x', hide_input=True)", "hidden_input", ["a", "sure"]),
]


@pytest.mark.parametrize(("parameter", "code", "fields"), TYPER)
def test_what_cannot_be_read_of_a_typer_parameter_is_noted(parameter, code, fields):
    declaration = read_typer(parameter)
    assert names(declaration) == fields
    (note,) = declaration.notes
    assert (note.line, note.code) == (4, code)


def test_a_value_that_click_would_take_for_an_option_is_refused():
    declaration = read_click("@click.option('--log', is_flag=False, flag_value='x')")
    problems = validate(declaration.schema, {"log": "--sure"})
    assert [(problem.field, problem.code) for problem in problems] == [
        ("log", "option_like")
    ]


def test_a_positional_that_would_take_the_value_of_another_must_be_given():
    declaration = read_click(
        "@click.argument('a', default='x')", "@click.argument('b')"
    )
    (problem,) = validate(declaration.schema, {"b": "y"})
    assert (problem.field, problem.code) == ("a", "displaced")
    assert problem.params == {"other": "b"}
    assert validate(declaration.schema, {"a": "x", "b": "y"}) == []


def test_the_limits_of_a_number_are_checked_with_words():
    declaration = read_click(
        "@click.option('--a', type=click.FloatRange(0, min_open=True))"
    )
    (problem,) = validate(declaration.schema, {"a": 0})
    assert (problem.code, problem.params) == ("above", {"limit": 0, "value": "0"})


def read_group(*lines):
    source = "\n".join(
        ("import click, tools", "@click.group()", "def cli(): ...", *lines)
    )
    return read(f"{source}\ncli()\n")


ADD = ["@cli.command()", "@click.option('--a')", "def add(a): ..."]
GROUPS = [
    (["cli.add_command(tools.command)"], "subcommand", "sub-command tools.command"),
    (["if tools.on: cli.add_command(add)"], "subcommand", "sub-command add"),
    (
        ["@tools.more", "@click.option('--b')", "@cli.command()", "def b(): ..."],
        "decorator",
        "tools.more",
    ),
]


@pytest.mark.parametrize(("lines", "code", "text"), GROUPS)
def test_a_sub_command_that_cannot_be_read_is_noted(lines, code, text):
    declaration = read_group(*ADD, *lines)
    assert codes(declaration) == [code]
    assert text in declaration.notes[0].text
    assert "add" in declaration.schema["properties"]["command"]["enum"]


def test_commands_that_can_be_chained_are_noted():
    source = "import click\n@click.group(chain=True)\ndef cli(): ...\n"
    declaration = read("\n".join((source, *ADD, "cli()")))
    assert codes(declaration) == ["chain"]


def test_a_command_has_its_own_value_where_its_group_has_one_of_the_same_name():
    lines = ["cli = click.option('--a', type=int)(cli)", *ADD]
    fields = read_group(*lines).schema["properties"]
    assert (fields["a"]["type"], fields["add_a"]["type"]) == ("integer", "string")
