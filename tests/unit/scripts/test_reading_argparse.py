"""One add_argument line, and the property that it becomes."""

from __future__ import annotations

import pytest

from tests.unit.scripts.samples import codes, only_property, read_lines

POSITIVE = "def positive(text) -> int:\n    return int(text)\n"
QUOTED = 'def share(text) -> "float":\n    return float(text)\n'
CONSTANTS = "MODES = ['a', 'b']\nSIZE = 4 * 1024\nTABLE = {'x': print, 'y': len}\n"

# A line, and what its property must have; a None must not be there at all.
LINES = [
    ("add_argument('--a')", {"type": "string", "default": None}),
    ("add_argument('--a', type=str, default='x')", {"type": "string", "default": "x"}),
    ("add_argument('--a', type=int, default=5)", {"type": "integer", "default": 5}),
    ("add_argument('--a', type=int, default='5')", {"type": "integer", "default": 5}),
    ("add_argument('--a', type=float, default=1)", {"type": "number", "default": 1}),
    ("add_argument('--a', type=bool)", {"type": "boolean"}),
    ("add_argument('--a', type=Path)", {"type": "string"}),
    ("add_argument('--a', type=Path, default=Path('x') / 'y')", {"default": "x/y"}),
    ("add_argument('--a', type=argparse.FileType('r'))", {"type": "string"}),
    ("add_argument('--a', type=lambda x: x)", {"type": "string"}),
    ("add_argument('--a', type=positive, default=3)", {"type": "integer"}),
    ("add_argument('--a', type=share)", {"type": "number"}),
    ("add_argument('--a', type=None)", {"type": "string"}),
    # Defaults of another type are told, not promised.
    (
        "add_argument('--a', default=10)",
        {"default": None, "description": "Default: 10."},
    ),
    ("add_argument('--a', type=int, default=True)", {"default": None}),
    ("add_argument('--a', type=int, default=1.5)", {"default": None}),
    ("add_argument('--a', default=argparse.SUPPRESS)", {"default": None}),
    ("add_argument('--a', default=-5, type=int)", {"default": -5}),
    ("add_argument('--a', default=SIZE, type=int)", {"default": 4096}),
    ("add_argument('--a', default=f'{SIZE}k')", {"default": "4096k"}),
    ("add_argument('--a', default='x' 'y' + 'z')", {"default": "xyz"}),
    ("add_argument('--a', default=os.path.join('x', 'y'))", {"default": "x/y"}),
    ("add_argument('--a', default=float('inf'), type=float)", {"default": None}),
    ("add_argument('--a', default='\\ud800')", {"default": None}),
    ("add_argument('--a', default='a\\0b')", {"default": None}),
    # Choices.
    ("add_argument('--a', choices=['x', 'y'])", {"enum": ["x", "y"]}),
    ("add_argument('--a', choices=('x', None))", {"enum": ["x"]}),
    ("add_argument('--a', choices=MODES)", {"enum": ["a", "b"]}),
    ("add_argument('--a', choices=TABLE)", {"enum": ["x", "y"]}),
    ("add_argument('--a', choices=sorted(TABLE.keys()))", {"enum": ["x", "y"]}),
    ("add_argument('--a', choices='x y'.split())", {"enum": ["x", "y"]}),
    ("add_argument('--a', choices='xy')", {"enum": ["x", "y"]}),
    ("add_argument('--a', type=int, choices=range(3))", {"enum": [0, 1, 2]}),
    (
        "add_argument('--a', type=int, choices=range(1, 65536))",
        {"minimum": 1, "maximum": 65535, "enum": None},
    ),
    ("add_argument('--a', choices=['x'], default='z')", {"default": None}),
    # Switches.
    ("add_argument('--a', action='store_true')", {"type": "boolean", "default": False}),
    ("add_argument('--a', action='store_false')", {"type": "boolean", "default": True}),
    (
        "add_argument('--a', action='store_true', default=True)",
        {"enum": [True], "default": True},
    ),
    ("add_argument('--a', action='store_true', required=True)", {"enum": [True]}),
    ("add_argument('--a', action='store_true', default=os.getcwd())", {"enum": [True]}),
    (
        "add_argument('--a', action='store_const', const=5, default=1)",
        {"type": "integer", "enum": [5, 1], "default": 1},
    ),
    (
        "add_argument('--a', action='store_const', const='x', default=5)",
        {"type": None, "enum": ["x", 5]},
    ),
    (
        "add_argument('--a', action=argparse.BooleanOptionalAction)",
        {"type": "boolean", "default": None, "enum": None},
    ),
    (
        "add_argument('-v', action='count', default=1)",
        {"type": "integer", "minimum": 1, "default": 1},
    ),
    ("add_argument('-v', action='count')", {"minimum": 0, "default": None}),
    ("add_argument('-v', action='count', required=True)", {"minimum": 1}),
    # Lists.
    (
        "add_argument('--a', nargs='+', type=int, default=[1])",
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "default": [1]},
    ),
    ("add_argument('--a', nargs='*')", {"type": "array", "minItems": None}),
    ("add_argument('--a', nargs=2)", {"minItems": 2, "maxItems": 2}),
    ("add_argument('--a', nargs=1)", {"minItems": 1, "maxItems": 1}),
    ("add_argument('--a', nargs=2, default=('x',))", {"default": None}),
    (
        "add_argument('--a', nargs='+', choices=['x', 'y'])",
        {"items": {"type": "string", "enum": ["x", "y"]}, "enum": None},
    ),
    ("add_argument('--a', action='append', type=int)", {"items": {"type": "integer"}}),
    (
        "add_argument('--a', action='append', default=['x'])",
        {"default": None, "description": "Added to: x."},
    ),
    ("add_argument('--a', action='append', default=[])", {"default": None}),
    ("add_argument('a', nargs='*', default=['x'])", {"minItems": 1, "default": ["x"]}),
    ("add_argument('a', nargs=argparse.REMAINDER)", {"type": "array"}),
    # Help.
    ("add_argument('--a', help='Some\\n  text')", {"description": "Some text"}),
    (
        "add_argument('--a', default='x', help='%(dest)s: %(default)s, 100%%')",
        {"description": "a: x, 100%"},
    ),
    ("add_argument('--a', help='100%')", {"description": "100%"}),
    ("add_argument('--a', help='%(default)999999999s')", {"default": None}),
    (
        "add_argument('--a', choices=['x', 'y'], help='of %(choices)s')",
        {"description": "of x, y"},
    ),
    ("add_argument('--a', help=argparse.SUPPRESS)", {"description": None}),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_an_argument_becomes_a_property(line, expected):
    schema = only_property(f"parser.{line}", before=POSITIVE + QUOTED + CONSTANTS)
    assert {key: schema.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("line", "dest", "flag"),
    [
        ("add_argument('--out-dir', '-o')", "out_dir", "--out-dir"),
        ("add_argument('-o', '--out-dir', '--folder')", "out_dir", "--out-dir"),
        ("add_argument('-o')", "o", "-o"),
        ("add_argument('-o', dest='out')", "out", "-o"),
        ("add_argument('-long-one')", "long_one", "-long-one"),
        ("add_argument('in-file')", "in-file", None),
        ("add_argument(dest='file')", "file", None),
        ("add_argument('--a', dest='b-c')", "b-c", "--a"),
    ],
)
def test_names_follow_argparses_rule(line, dest, flag):
    properties = read_lines(f"parser.{line}").schema["properties"]
    assert [(name, p["x-hub"]["flag"]) for name, p in properties.items()] == [
        (dest, flag)
    ]


@pytest.mark.parametrize(
    ("line", "required"),
    [
        ("add_argument('--a')", False),
        ("add_argument('--a', required=True)", True),
        ("add_argument('--a', required=True, default=5, type=int)", True),
        ("add_argument('a')", True),
        ("add_argument('a', nargs='?')", False),
        ("add_argument('a', nargs='*')", False),
        ("add_argument('a', nargs='+')", True),
        ("add_argument('a', nargs=2)", True),
        ("add_argument('a', nargs='...')", False),
    ],
)
def test_what_argparse_demands_is_required(line, required):
    schema = read_lines(f"parser.{line}").schema
    assert schema["required"] == (["a"] if required else [])


@pytest.mark.parametrize(
    ("default", "description"),
    [
        ("os.environ.get('HOST', 'here')", "$HOST, or here where HOST is not set"),
        ("os.getenv('HOST', default='here')", "$HOST, or here where HOST is not set"),
        ("os.environ.get('HOST') or 'here'", "$HOST, or here where HOST is not set"),
        ("os.environ.get('HOST')", "$HOST"),
        ("os.environ['HOST']", "$HOST"),
        (
            "os.path.join(os.environ.get('DIR', '/data'), 'rss')",
            "$DIR/rss, or /data/rss where DIR is not set",
        ),
        (
            "Path(os.environ.get('DIR') or '/data', 'rss') / 'x'",
            "$DIR/rss/x, or /data/rss/x where DIR is not set",
        ),
        ("int(os.environ.get('N', '5'))", "$N, or 5 where N is not set"),
        ("f\"{os.environ['USER']}.json\"", "$USER.json"),
        ("socket.gethostname()", "socket.gethostname()"),
    ],
)
def test_a_default_that_depends_on_the_machine_is_only_described(default, description):
    schema = only_property(f"parser.add_argument('--a', default={default})")
    assert "default" not in schema
    assert schema["description"] == f"Default: {description}."


def test_a_default_is_added_to_a_help_text_as_a_sentence_of_its_own():
    schema = only_property("parser.add_argument('--a', help='Where', default=f())")
    assert schema["description"] == "Where. Default: f()."


def test_two_switches_of_one_dest_are_one_property():
    schema = only_property(
        "parser.add_argument('--quiet', dest='level', action='store_const', const='q')",
        "parser.add_argument('--loud', dest='level', action='store_const', const='l')",
    )
    assert schema["enum"] == ["q", "l"]
    assert schema["x-hub"]["switches"] == [["q", "--quiet"], ["l", "--loud"]]


def test_a_switch_beside_an_option_of_the_same_dest_is_one_of_its_values():
    declaration = read_lines(
        "parser.add_argument('-q', dest='level', action='store_const', const=0)",
        "parser.add_argument('--level', type=int, default=2)",
    )
    schema = declaration.schema["properties"]["level"]
    assert schema["type"] == "integer"
    # argparse starts from the default of the one declared first, which has none.
    assert "default" not in schema
    assert codes(declaration) == []


def test_order_group_and_description_are_annotations():
    declaration = read_lines(
        "parser.add_argument('--first')",
        "group = parser.add_argument_group('Where to')",
        "group.add_argument('--second', help=argparse.SUPPRESS)",
    )
    first, second = (p["x-hub"] for p in declaration.schema["properties"].values())
    assert (first["order"], first["group"]) == (0, None)
    assert (second["order"], second["group"], second["hidden"]) == (1, "Where to", True)


def test_the_schema_is_a_closed_object_of_the_stated_draft():
    schema = read_lines("parser.add_argument('--a')").schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
