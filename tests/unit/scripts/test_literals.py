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
        ("N << 1", 6),
        ("N and 5", 5),
        ("len('x')", 1),
        ("[x for x in range(N) if x != 1]", [0, 2]),
        ("[f'{x}{y}' for x in 'ab' for y in 'c']", ["ac", "bc"]),
        ("{x: 1 for x in 'ab'}", {"a": 1, "b": 1}),
        ("list(enumerate('ab', 1))", [(1, "a"), (2, "b")]),
        ("list(zip('ab', [1, 2]))", [("a", 1), ("b", 2)]),
        ("list({'a': 1}.items())", [("a", 1)]),
        ("list(dict(a=1, **{'b': 2}).values())", [1, 2]),
        ("{'a': 1, 'b': later}['a']", 1),
        ("[1, later][0]", 1),
        ("'abc'[1:]", "bc"),
        ("[*'ab', 'c']", ["a", "b", "c"]),
        ("'{} {}'.format('a', N)", "a 3"),
        ("', '.join(['a', 'b'])", "a, b"),
        ("'%s-%d' % ('a', 5)", "a-5"),
        ("'A'.lower() in ('a', 'b')", True),
        ("1 < N < 2", False),
        ("5 if N == 3 else later", 5),
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
        "'%999999999d' % 1",
        "'{:999999999}'.format(1)",
        "'{0.__class__}'.format(1)",
        "'ab'.join([later])",
        "[x for x in later]",
        "[x for x in 'ab' if later]",
        "[1, later][1]",
        "[1][5]",
        "N.strip()",
        "N.keys()",
        "N.split()",
        "'x' % N",
        "lambda: 5",
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
