"""Which Python files are libraries: others import them, and they do nothing by themselves.

By their syntax trees, never by importing. A file is a library when another one imports it
and nothing says that it is a script too: no `#!` line, no block `# /// script`, no
`__name__ == "__main__"`, and nothing at its top that reads a command line or calls
`main()`. In doubt it is a script: one too many in the list does less harm than one that
cannot be found.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator

from apps.scripts.reader.trees import parse

ENDING = ".py"
WORD = re.compile(r"\w+")
BLOCK = re.compile(r"^# /// script[ \t]*$", re.MULTILINE)
# What a script calls at its top, written as a name or behind a dot.
STARTS = {"main", "cli", "app", "run", "exit", "Fire", "SystemExit"}
READS = {"argv", "parse_args", "parse_known_args"}
BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)

Read = Callable[[str], bytes | None]


def find_libraries(names: Iterable[str], read: Read) -> dict[str, str]:
    """Return each library among `names`, with the name of a file that imports it.

    `names` are paths with slashes of all `.py` files, those that begin with `_` too;
    `read` returns the bytes of one, None where it cannot be read. A file that does not
    parse imports nothing, and is no library.
    """
    modules = set(names)
    stems: dict[str, set[str]] = {}
    for name in modules:
        # A package is known by its name in the folder above it.
        parts = name.removesuffix(ENDING).split("/")
        for depth, part in enumerate(parts):
            stems.setdefault("/".join(parts[:depth]), set()).add(part)
    found: dict[str, str] = {}
    judged: dict[str, bool] = {}
    for name in sorted(modules):
        for target in _imported(name, read, modules, stems):
            if target == name or target in found:
                continue
            if target not in judged:
                judged[target] = _is_only_imported(target, read)
            if judged[target]:
                found[target] = name
    return found


def _imported(
    name: str, read: Read, modules: set[str], stems: dict[str, set[str]]
) -> Iterator[str]:
    folder = name.split("/")[:-1]
    above = ["/".join(folder[:depth]) for depth in range(len(folder), -1, -1)]
    text = _text(name, read)
    if "import" not in text:
        return
    words = set(WORD.findall(text))
    # Most scripts name no neighbour; parsing costs a hundred times this look.
    if not any(words & stems.get(place, set()) for place in above):
        return
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _located(alias.name, above, modules)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, folder, above, modules)


def _imported_from(
    node: ast.ImportFrom, folder: list[str], above: list[str], modules: set[str]
) -> Iterator[str]:
    places = above
    if node.level:
        if node.level > len(folder) + 1:
            return
        places = ["/".join(folder[: len(folder) + 1 - node.level])]
    if node.module:
        yield from _located(node.module, places, modules, is_relative=bool(node.level))
    for alias in node.names:
        dotted = f"{node.module}.{alias.name}" if node.module else alias.name
        yield from _located(dotted, places, modules, is_relative=bool(node.level))


def _located(
    dotted: str, places: list[str], modules: set[str], *, is_relative: bool = False
) -> Iterator[str]:
    """Yield the file that a module's name means, as seen from the first of `places`.

    A module of a package is imported from where the script lies, further up; the
    standard library is not looked for there.
    """
    first = dotted.partition(".")[0]
    if first in sys.builtin_module_names and not is_relative:
        return
    is_standard = first in sys.stdlib_module_names and not is_relative
    for place in places[:1] if is_standard else places:
        path = dotted.replace(".", "/") + ENDING
        target = f"{place}/{path}" if place else path
        if target in modules:
            yield target
            return


def _is_only_imported(name: str, read: Read) -> bool:
    text = _text(name, read)
    if not text or text.startswith("#!") or BLOCK.search(text):
        return False
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return not (_has_guard(tree) or _starts_something(tree.body))


def _has_guard(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
            names = {part.id for part in parts if isinstance(part, ast.Name)}
            values = {part.value for part in parts if isinstance(part, ast.Constant)}
            if "__name__" in names and "__main__" in values:
                return True
    return False


def _starts_something(body: Iterable[ast.stmt]) -> bool:
    """Whether what runs when the file is loaded reads a command line or starts it."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if isinstance(statement, BLOCKS):
            blocks = ("body", "orelse", "finalbody")
            inner = [part for name in blocks for part in getattr(statement, name, [])]
            if _starts_something(inner):
                return True
            continue
        if _called(statement) in STARTS:
            return True
        if any(_last_name(node) in READS for node in ast.walk(statement)):
            return True
    return False


def _called(statement: ast.stmt) -> str:
    """Return what a statement that is a call, or the raising of one, calls."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(statement, ast.Raise):
        value = statement.exc
    return _last_name(value.func) if isinstance(value, ast.Call) else ""


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _tree(text: str) -> ast.Module:
    try:
        return parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module(body=[], type_ignores=[])


def _text(name: str, read: Read) -> str:
    source = read(name)
    if source is None or b"\0" in source:
        return ""
    try:
        encoding, _lines = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        return ""
