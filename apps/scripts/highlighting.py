"""A script's source as HTML: highlighted by classes alone, each line with its number."""

from __future__ import annotations

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import BashLexer, PythonLexer, TextLexer, get_lexer_by_name

# What is larger is shown plain: highlighting reads about half a megabyte a second.
MAX_CHARACTERS = 128 * 1024
MAX_LINE_CHARACTERS = 2000
ENDINGS: dict[str, type[Lexer]] = {
    ".py": PythonLexer,
    ".sh": BashLexer,
    ".bash": BashLexer,
}
# The last word of a #! line's program, such as python3 or bash.
INTERPRETER = re.compile(r"#!.*?([a-z]+)[\d.]*(?:\s+-\S*)*\s*$")
LANGUAGES = {
    **dict.fromkeys(("sh", "bash", "dash", "ash", "ksh", "zsh"), "bash"),
    "python": "python",
    "perl": "perl",
    "ruby": "ruby",
    "node": "javascript",
    "php": "php",
    "lua": "lua",
    "fish": "fish",
    "pwsh": "powershell",
    "awk": "awk",
}


def highlighted(name: str, text: str) -> SafeString:
    """Return the source of the script called `name`, as HTML for `source.css`."""
    if is_plain(text):
        return format_html('<div class="hub-source"><pre>{}</pre></div>', text)
    formatter: HtmlFormatter[str] = HtmlFormatter(
        linenos="table",
        lineanchors="L",
        anchorlinenos=True,
        cssclass="hub-source",
        wrapcode=True,
    )
    # It escapes what it puts out, and everything else of it is made here.
    return SafeString(highlight(text, _lexer(name, text), formatter))


def is_plain(text: str) -> bool:
    """Whether a source is too large to be highlighted, or has a line that is."""
    if len(text) > MAX_CHARACTERS:
        return True
    return max(map(len, text.split("\n"))) > MAX_LINE_CHARACTERS


def _lexer(name: str, text: str) -> Lexer:
    # As it stands: no line is stripped, so that numbers are those of the file.
    options = {"stripnl": False, "ensurenl": False}
    for ending, lexer in ENDINGS.items():
        if name.endswith(ending):
            return lexer(**options)
    found = INTERPRETER.match(text.partition("\n")[0])
    language = LANGUAGES.get(found[1]) if found else None
    if language is None:
        return TextLexer(**options)
    return get_lexer_by_name(language, **options)
