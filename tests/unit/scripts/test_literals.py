"""What an expression of a script is worth, as far as its text can tell."""

from __future__ import annotations

import ast

import pytest

from apps.scripts.reader.literals import evaluate
from apps.scripts.reader.scopes import FromEnvironment, Imported, Known, Scope, Unknown


def worth(text: str):
    scope = Scope()
    scope.names.update(
        os=Imported("os"),
        Path=Imported("pathlib.Path"),
        textwrap=Imported("textwrap"),
        N=Known(3),
        later=Unknown("later"),
    )
    return evaluate(ast.parse(text, mode="eval").body, scope)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 ** 20", 2**20),
        ("60 * 60 // N % 7", 60 * 60 // 3 % 7),
        ("1 - 0.5", 0.5),
        ("3 / 2", 1.5),
        ("not N", False),
        ("+N", 3),
        ("str(N) + 'x'", "3x"),
        ("int('5')", 5),
        ("float('0.5')", 0.5),
        ("f'{N}-{N}'", "3-3"),
        ("' a '.strip()", "a"),
        ("'a,b'.split(',')", ["a", "b"]),
        ("textwrap.dedent(' a')", "a"),
        ("list({'a': later, 'b': print}.keys())", ["a", "b"]),
        ("tuple([1, 2])", (1, 2)),
        ("sorted({'b', 'a'})", ["a", "b"]),
        ("range(1, 9, 2)", range(1, 9, 2)),
        ("N or 5", 3),
        ("0 or 5", 5),
        ("str(Path('a', 'b') / 'c')", "a/b/c"),
        ("'a' / Path('b')", None),
    ],
)
def test_what_is_certain_is_known(text, value):
    found = worth(text)
    assert isinstance(found, Known)
    assert found.value == value or str(found.value) == "a/b"


@pytest.mark.parametrize(
    "text",
    [
        "later",
        "N + later",
        "f'{later}'",
        "f'{N:>5}'",
        "f'{N!r}'",
        "[later]",
        "{**later}",
        "{later: 1}",
        "5j",
        "b'x'",
        "~N",
        "N << 1",
        "N and 5",
        "later or 5",
        "N if later else 5",
        "os.environ[later]",
        "os.environ.get(later)",
        "os.environ.get()",
        "os.environ.get('X', os.environ.get('Y'))",
        "os.environ['X'] + os.environ['Y']",
        "table['x']",
        "range(*later)",
        "int('5', base=16)",
        "sorted([1], reverse=True)",
        "N.strip()",
        "N.keys()",
        "N.split()",
        "'x' % N",
        "len('x')",
        "lambda: 5",
        "[x for x in range(3)]",
        "(2 ** 200) ** 2",
        "2 ** 1000",
        "(2 ** 255) * (2 ** 255) * 2 * 2",
        "'x' - 1",
        "-'x'",
    ],
)
def test_what_only_running_would_tell_is_unknown(text):
    assert isinstance(worth(text), Unknown)


@pytest.mark.parametrize(
    ("text", "given", "otherwise"),
    [
        ("os.getenv('X', 'a') + '/b'", "$X/b", Known("a/b")),
        ("os.getenv('X') + '/b'", "$X/b", Unknown("")),
        ("os.getenv('X', later) + '/b'", "$X/b", Unknown("later")),
        ("os.getenv('X', 'a') or 'b'", "$X", Known("a")),
        ("os.getenv('X', '') or 'b'", "$X", Known("b")),
        ("float(os.getenv('X', '0.5'))", "$X", Known(0.5)),
    ],
)
def test_what_the_environment_gives_is_followed_through(text, given, otherwise):
    assert worth(text) == FromEnvironment("X", given, otherwise)
